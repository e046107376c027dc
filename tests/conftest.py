"""What every test session needs before fastbp is imported: a cache, a hypothesis profile; and processes of their own."""

import getpass
import json
import os
import shutil
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

hypothesis.settings.register_profile("fastbp", derandomize=True, deadline=None, print_blob=False)
hypothesis.settings.load_profile("fastbp")
pytest.register_assert_rewrite("bad_calls", "cases", "chains", "models")

_ROOT = Path(__file__).parent.parent


def pytest_addoption(parser):
    """The fault tests try a selection unless they are asked for everything."""
    parser.addoption("--whole", action="store_true", help="tests/faults: all kills, flips, truncations and steps; ten minutes")


# Trains on one thread and on two; prints what came out, and what the cache was good for. With an argument: writes the machine code there.
_TRAIN = """
import hashlib, json, sys
import numpy as np
import fastbp
from fastbp.compiling import units
from fastbp.kernels import checks, digest, programs, scores

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
every = [programs._run, checks._all_within, digest._digest, scores._add, *(each.function for each in units.UNITS.values())]
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


@pytest.fixture(scope="session")
def run_python():
    """Run code in a process of its own, where warnings are errors; gives what it printed."""

    def run(code, *arguments, package=_ROOT, seconds=600, **environment):
        settings = os.environ | {"PYTHONPATH": str(package), "PYTHONWARNINGS": "error"} | environment
        command = [sys.executable, "-c", code, *map(str, arguments)]
        done = subprocess.run(command, env=settings, cwd=package, capture_output=True, text=True, timeout=seconds)
        assert done.returncode == 0, done.stderr
        # That kernels compile, and what to set where they cannot be kept, is told and is no failure; nor is Numba's word on forks with TBB.
        told = [line for line in done.stderr.splitlines() if not line.startswith(("fastbp ", "Numba: Attempted to fork"))]
        assert told == []
        return done.stdout

    return run


@pytest.fixture
def with_checks(monkeypatch):
    """Let `fastbp verify` make these checks instead of its own."""
    from fastbp.verification import checks

    return lambda *functions: monkeypatch.setattr(checks, "CHECKS", functions)


@pytest.fixture(scope="session")
def cold(run_python, tmp_path_factory):
    """A copy of the package that has been trained with once, from an empty cache."""
    folder = tmp_path_factory.mktemp("cold")
    cache, assembly = folder / "cache", folder / "assembly"
    assembly.mkdir()
    shutil.copytree(_ROOT / "fastbp", folder / "package" / "fastbp", ignore=shutil.ignore_patterns("__pycache__"))

    def run(code, *arguments, **environment):
        settings = {"NUMBA_CACHE_DIR": str(cache), "NUMBA_NUM_THREADS": "2"} | environment
        return run_python(code, *arguments, package=folder / "package", **settings)

    def train(*arguments):
        return json.loads(run(_TRAIN, *arguments))

    def files():
        return sorted((str(path.relative_to(cache)), path.stat().st_mtime_ns) for path in cache.rglob("*.nb?"))

    first = train(assembly)
    return SimpleNamespace(first=first, package=folder / "package" / "fastbp", assembly=assembly, run=run, train=train, files=files)
