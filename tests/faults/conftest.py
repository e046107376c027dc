"""The processes that fault tests stop, how many cases they try, and the count of what they did."""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from small_task import LABELS, X, make

# Processes import what is here by name.
sys.path.insert(0, str(Path(__file__).parent))

from fork_server import ForkServer  # found by the path

# Other systems have neither fork nor these signals.
collect_ignore_glob = [] if os.name == "posix" else ["*.py"]
_TALLY = pytest.StashKey[Counter]()


@pytest.fixture(scope="session")
def whole(pytestconfig):
    """Whether everything is to be tried."""
    return pytestconfig.getoption("whole")


def pytest_generate_tests(metafunc):
    """A test with an argument `case` gets those that its module's `cases` gives."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", metafunc.module.cases(metafunc.config.getoption("whole")), ids=str)


@pytest.fixture(scope="session")
def server():
    """Gives processes that train."""
    # What is not in the cache yet is compiled here, once.
    for dtype in ("float32", "float64"):
        make(dtype=dtype, threads=1).fit(X, LABELS, epochs=1, validation_data=(X, LABELS))
    with ForkServer() as running:
        yield running


@pytest.fixture(scope="session")
def tally(pytestconfig):
    """Counts faults by their kind; told at the end."""
    return pytestconfig.stash.setdefault(_TALLY, Counter())


def pytest_terminal_summary(terminalreporter, config):
    """Tell how many faults there were."""
    for kind, count in config.stash.get(_TALLY, Counter()).items():
        terminalreporter.write_line(f"{count:,} {kind}")
