"""Where machine code is kept: by several processes at once, elsewhere, or nowhere at all."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

import fastbp

TRAIN = """
import hashlib
import numpy as np
import fastbp

X = np.random.default_rng(0).normal(size=(90, 6)).astype(np.float32)
model = fastbp.MLP([6, 16, 8, 3], activation=["tanh", "sigmoid"], seed=0)
fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=32, seed=0, threads=2).fit(X, np.arange(90) % 3, epochs=3)
print(hashlib.sha256(model.network.parameters.tobytes() + model.predict(X).tobytes()).hexdigest())
"""

# Prints what was logged, too.
TRAIN_AND_TELL = f"""
import logging, sys
logging.basicConfig(stream=sys.stdout)
{TRAIN}
"""


@pytest.fixture(scope="module")
def wanted(run_python):
    return run_python(TRAIN, NUMBA_NUM_THREADS="2")


def machine_code(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")}


def test_two_processes_may_fill_one_cache(run_python, tmp_path, wanted):
    def train(_):
        return run_python(TRAIN, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_NUM_THREADS="2")

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(train, range(2))) == [wanted] * 2
    filled = machine_code(tmp_path)
    assert filled
    assert train(None) == wanted
    assert machine_code(tmp_path) == filled


@pytest.fixture
def installed(tmp_path):
    """A copy of the package, and settings with which none of the user's folders can hold a cache.

    Folders below a file cannot be made; permissions would not keep root out.
    """
    package = tmp_path / "package"
    shutil.copytree(Path(fastbp.__file__).parent, package / "fastbp", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "file"
    file.touch()
    environment = {name: str(file / "folder") for name in ("NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}
    return SimpleNamespace(package=package, environment=environment | {"NUMBA_NUM_THREADS": "2", "PYTHONDONTWRITEBYTECODE": "1"})


def test_without_the_folder_asked_for_machine_code_is_kept_with_the_package(run_python, installed, wanted):
    assert run_python(TRAIN, package=installed.package, **installed.environment) == wanted
    assert machine_code(installed.package)


def test_with_no_folder_to_write_to_the_user_is_told_what_to_set(run_python, installed, wanted):
    for folder in (installed.package / "fastbp", installed.package / "fastbp" / "kernels"):
        (folder / "__pycache__").touch()
    told = run_python(TRAIN_AND_TELL, package=installed.package, **installed.environment)
    assert told.endswith(wanted)
    assert "NUMBA_CACHE_DIR" in told
