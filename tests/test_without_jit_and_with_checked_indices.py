"""The kernels once more: as plain Python, and compiled with every index checked."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_SETTINGS = ["NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK"]


def started(setting, output):
    # Numba's cache key does not know of the check, so that code with it needs a cache of its own.
    cache = f"{os.environ['NUMBA_CACHE_DIR']}-{setting.lower()}"
    environment = os.environ | {setting: "1", "NUMBA_CACHE_DIR": cache, "FASTBP_INNER_PASS": "1", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-m", "pytest", "-m", "kernels", "-q", "-p", "no:cacheprovider", "tests"]
    with output.open("w") as file:
        return subprocess.Popen(command, env=environment, cwd=_ROOT, stdout=file, stderr=subprocess.STDOUT)


@pytest.fixture(scope="module")
def passes(tmp_path_factory):
    """Both passes side by side, each on a core for the most part: they take a third of the time of all tests."""
    outputs = {setting: tmp_path_factory.mktemp("pass") / setting for setting in _SETTINGS}
    running = {setting: (started(setting, output), output) for setting, output in outputs.items()}
    yield running
    for process, _ in running.values():
        process.kill()
        process.wait()


@pytest.mark.skipif("FASTBP_INNER_PASS" in os.environ, reason="runs inside such a pass")
@pytest.mark.parametrize("setting", _SETTINGS)
def test_kernels_pass(passes, setting):
    process, output = passes[setting]
    assert process.wait(900) == 0, output.read_text()[-7000:]
    assert int(re.search(r"(\d+) passed", output.read_text())[1]) > 0
