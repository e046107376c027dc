"""What every test session needs before fastbp is imported: a cache, a hypothesis profile; and processes of their own."""

import getpass
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

# fastbp's cache key holds a hash of its sources, so that a directory kept from one session to the next is never out of date.
_CACHE = Path(tempfile.gettempdir()) / f"fastbp-tests-{getpass.getuser()}-py{sys.version_info.major}{sys.version_info.minor}"
os.environ.setdefault("NUMBA_CACHE_DIR", str(_CACHE))
os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(Path(__file__).parent / "helpers"))
# Ignored where the tests run in the background of a shell.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Numba reads its settings when it is imported; had that happened already, the cache would be elsewhere.
assert "numba" not in sys.modules, "numba was imported before tests/conftest.py could set NUMBA_CACHE_DIR"

import hypothesis  # noqa: E402  # the settings above come first
import pytest  # noqa: E402

pytest.register_assert_rewrite("bad_calls", "cases", "chains", "errands", "models", "twins")

from errands import Errands, Outcome, copied, errand, in_order, long_errand, python  # noqa: E402  # found by the path
from planted import verified_copy  # noqa: E402  # found by the path

# The same cases each time: half as many as usual, for the suite runs them up to three times.
hypothesis.settings.register_profile("fastbp", derandomize=True, deadline=None, print_blob=False, max_examples=50)
hypothesis.settings.load_profile("fastbp")


@pytest.fixture(autouse=True)
def no_ctrl_c_before(monkeypatch):
    """A Ctrl-C in one test is none of two within three seconds for the next one."""
    from fastbp.training import interrupt

    monkeypatch.setattr(interrupt, "_last", -10.0)


def pytest_addoption(parser):
    """The fault tests try a selection unless they are asked for everything."""
    parser.addoption("--whole", action="store_true", help="tests/faults: all kills, flips, truncations and steps; ten minutes")


# Trains on one thread and on two; prints what came out, and what the cache was good for. With an argument: writes the machine code there.
_TRAIN = """
import hashlib, json, sys
import numpy as np
import fastbp
from fastbp.compiling import units
from fastbp.kernels import checks, digest, programs, scores, shuffle

random = np.random.default_rng(0)
X = random.normal(size=(90, 6)).astype(np.float32)
y = random.integers(0, 3, 90)
results = []
for threads in (1, 2):
    model = fastbp.MLP([6, 16, 8, 3], activation=["tanh", "sigmoid"], seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=32, seed=0, threads=threads)
    trainer.fit(X, y, epochs=3, validation_data=(X, y))
    bits = hashlib.sha256(model.network.parameters.tobytes() + model.predict(X).tobytes()).hexdigest()
    results.append([bits, trainer.history.loss, trainer.history.val_loss])
every = [programs._run, programs._run_together, checks._all_within, checks._copied_within, digest._digest, scores._add, shuffle._permute]
every += [each.function for each in units.UNITS.values()]
# Units that stand for a wrong code are compiled when there is one.
every = [p for p in every if p.signatures]
hits, misses = (sum(sum(getattr(p.stats, kind).values()) for p in every) for kind in ("cache_hits", "cache_misses"))
# Machine code is by types of arguments; each function has an index of its own, too.
codes = sum(len(p.overloads) for p in every)
print(json.dumps({"results": results, "hits": hits, "misses": misses, "programs": codes, "files": len(every) + codes}))
for program in every if len(sys.argv) > 1 else ():
    with open(f"{sys.argv[1]}/{program.py_func.__name__}.s", "w") as file:
        file.writelines(program.inspect_asm().values())
"""


def pytest_collection_modifyitems(config, items):
    """Tests that ask for an errand come last, when most are done. Indices are checked in float32 alone, unless everything is tried."""
    in_order(items)
    if os.environ.get("NUMBA_BOUNDSCHECK") == "1" and not config.getoption("whole"):
        # All is compiled once more for them, and the indices of float64 differ by the lanes of a vector.
        double = {item for item in items if hasattr(item, "callspec") and str(item.callspec.params.get("dtype")) in ("float64", "f8")}
        config.hook.pytest_deselected(items=double)
        items[:] = [item for item in items if item not in double]


@pytest.fixture(scope="session", autouse=True)
def errands(request, tmp_path_factory):
    """Begins the long work that the chosen tests will ask for."""
    with Errands(request.session.items, tmp_path_factory.mktemp("errands")) as begun:
        yield begun


@pytest.fixture(scope="session")
def run_python():
    """Run code in a process of its own, where warnings are errors; gives what it printed."""

    def run(code, *arguments, seconds=600, **settings):
        words, environment, cwd = python("-c", code, *arguments, **settings)
        done = subprocess.run(words, env=environment, cwd=cwd, capture_output=True, text=True, timeout=seconds)
        return Outcome(done.returncode, done.stdout, done.stderr, Path(cwd)).printed

    return run


@pytest.fixture
def with_checks(monkeypatch):
    """Let `fastbp verify` make these checks instead of its own."""
    from fastbp.verification import checks

    return lambda *functions: monkeypatch.setattr(checks, "CHECKS", functions)


@errand
def first_training(folder):
    """Trains with a copy of the package, from an empty cache."""
    (folder / "assembly").mkdir()
    return python("-c", _TRAIN, folder / "assembly", **copied(folder))


@long_errand
def verified_with_plants(folder):
    """Verifies a copy of the package with errors, from an empty cache."""
    return verified_copy(folder)


@pytest.fixture(scope="session")
def cold(run_python, first_training):
    """A copy of the package that has been trained with once, from an empty cache."""
    folder = first_training.folder
    cache, package = folder / "cache", folder / "package"

    def run(code, *arguments, **environment):
        settings = {"NUMBA_CACHE_DIR": str(cache), "NUMBA_NUM_THREADS": "2"} | environment
        return run_python(code, *arguments, package=package, **settings)

    def train():
        return json.loads(run(_TRAIN))

    def files():
        return sorted((str(path.relative_to(cache)), path.stat().st_mtime_ns) for path in cache.rglob("*.nb?"))

    first = json.loads(first_training.printed)
    return SimpleNamespace(first=first, package=package / "fastbp", assembly=folder / "assembly", run=run, train=train, files=files)
