"""Children forked at random instants of what other threads do: each trains and saves, and none hangs."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_task import LABELS, X, make

# Threads beside each other; how many times a process of them forks, and how many processes where everything is tried. Else one forks a
# third as often.
_KINDS = {
    "train+train+train": (50, 4),
    "train on two+train": (50, 2),
    "save+predict+step": (50, 4),
    # Only the first forks find threads that load.
    "load+load+train": (6, 13),
}
_LAYERS = ["omp", "workqueue", *(["tbb"] if importlib.util.find_spec("tbb") else [])]


def cases(whole):
    return [
        (layer, kinds, forks if whole else forks // 3, seed)
        for layer in _LAYERS
        for kinds, (forks, processes) in _KINDS.items()
        for seed in range(processes if whole else 1)
    ]


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """What children and threads load; to compile would take longer than their patience."""
    for dtype in ("float32", "float64"):
        trainer = make(dtype=dtype, threads=1)
        trainer.fit(X, LABELS, epochs=1, validation_data=(X, LABELS))
        trainer.model.predict(X)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_no_child_hangs(case, tally):
    layer, kinds, forks, seed = case
    settings = os.environ | {"NUMBA_THREADING_LAYER": layer, "PYTHONPATH": os.pathsep.join(sys.path), "NUMBA_NUM_THREADS": "2"}
    command = [sys.executable, str(Path(__file__).with_name("forking.py")), str(seed), str(forks), kinds]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=60 + 11 * forks)
    assert done.returncode == 0 and done.stdout == "0 0\n", done.stdout + done.stderr[-6000:]
    tally["forks beside threads that train, save, predict or load"] += forks
