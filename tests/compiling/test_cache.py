"""Machine code that is kept: when it is found, when made anew; by several processes at once, elsewhere, or nowhere at all."""

import json
import re
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


def halved(content):
    return content[: len(content) // 2]


def overwritten(content):
    """Garbage where the machine code lies, which LLVM would take for such."""
    begin = len(content) // 5
    return content[:begin] + bytes(range(255, 191, -1)) + content[begin + 64 :]


DAMAGE = [overwritten, halved, lambda content: b"", lambda content: bytes(len(content))]


@pytest.fixture
def cache(cold, tmp_path):
    """The folder that `cold` fills; it is put back as it was."""
    folder, kept = cold.package.parent.parent / "cache", tmp_path / "kept"
    shutil.copytree(folder, kept)
    yield folder
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)


def test_damaged_files_are_made_anew(cold, cache):
    indices, codes = sorted(cache.rglob("*.nbi")), sorted(cache.rglob("*.nbc"))
    damaged = {}
    for number, damage in enumerate(DAMAGE):
        for path in indices[number], codes[number + len(DAMAGE)]:
            damaged[path] = damage(path.read_bytes())
    # As if a second process had written its code under the name that the first had given out.
    damaged[codes[-2]] = codes[-1].read_bytes()
    for path, content in damaged.items():
        path.write_bytes(content)
    assert "cannot be read" in cold.run(TRAIN_AND_TELL)
    assert not [path for path, content in damaged.items() if path.read_bytes() == content]
    again = cold.train()
    assert again["results"] == cold.first["results"]
    assert again["hits"] == again["programs"] and again["misses"] == 0


@pytest.mark.parametrize("name", ["forward_layer", "update_block", "update_rows"])
def test_a_kernel_compiled_beside_others_that_are_loaded_calls_its_own_functions(cold, cache, name):
    """As after a first training that was broken off: functions of one factory were once told apart by the order of compilation alone."""
    for path in cache.rglob(f"*.{name}-*"):
        path.unlink()
    result = cold.train()
    assert result["misses"] == 1
    assert result["results"] == cold.first["results"]


# Trains nets with the activations that are named, one after the other; prints what came out, and how many units of theirs were compiled.
CURVES = """
import hashlib, json, sys
import numpy as np
import fastbp
from fastbp.compiling import units

X = np.random.default_rng(0).normal(size=(90, 6)).astype(np.float32)
found = {}
for name in sys.argv[1:]:
    model = fastbp.MLP([6, 16, 8, 3], activation=name, seed=0)
    fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=32, seed=0, threads=2).fit(X, np.arange(90) % 3, epochs=2)
    found[name] = hashlib.sha256(model.network.parameters.tobytes() + model.predict(X).tobytes()).hexdigest()
variants = [each.function.stats for (_, code), each in units.UNITS.items() if code is not None]
print(json.dumps([found, sum(sum(stats.cache_misses.values()) for stats in variants)]))
"""


def test_activations_are_the_same_in_whatever_order_processes_compile_or_load_them(cold, cache, tmp_path):
    """Each is two functions of a factory, whose names must not be given by the order in which they are made."""
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        shutil.copytree(cache, folder)

    def train(folder, *names):
        return json.loads(cold.run(CURVES, *names, NUMBA_CACHE_DIR=str(folder)))

    first, compiled = train(folders[0], "gelu", "elu", "selu")
    second, compiled_there = train(folders[1], "elu", "silu", "gelu")
    assert (compiled, compiled_there) == (6, 6)
    third, compiled = train(folders[0], "silu", "elu", "gelu", "selu")
    # Loaded but for one, which is compiled beside them.
    assert compiled == 2
    fourth, compiled = train(folders[1], "gelu", "elu", "silu")
    assert compiled == 0
    assert len({*third.values()}) == 4
    assert all(results.items() <= third.items() for results in (first, second, fourth))


def test_machine_code_of_another_version_is_left_alone(cold, cache):
    sources = {path: path.read_text() for path in cold.package.rglob("*.py")}
    try:
        for path, source in sources.items():
            path.write_text(re.sub('(?m)^__version__ = ".*"', '__version__ = "0.0.1"', source) + "# of another version\n")
        other = cold.train()
    finally:
        for path, source in sources.items():
            path.write_text(source)
    assert other["results"] == cold.first["results"]
    assert other["hits"] == 0 and other["misses"] == other["programs"]
    assert cold.train()["results"] == cold.first["results"]


@pytest.mark.parametrize("instead", ["touch()", "symlink_to('nowhere')"])
def test_a_folder_that_can_no_longer_be_written_to_keeps_nobody_from_training(run_python, tmp_path, wanted, instead):
    code = (
        "import pathlib, sys\n"
        "from fastbp.kernels import programs\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "folder.rename(folder.with_name('elsewhere'))\n"
        f"folder.{instead}\n"
    )
    folder = tmp_path / "cache"
    told = run_python(code + TRAIN_AND_TELL, folder, NUMBA_CACHE_DIR=str(folder), NUMBA_NUM_THREADS="2")
    assert told.endswith(wanted)
    assert "NUMBA_CACHE_DIR" in told


PREDICT = """
import numpy as np
import fastbp
print(fastbp.MLP([2, 3, 2], activation="sigmoid", init="lecun_uniform", seed=0).predict(np.ones((1, 2), np.float32)).tobytes().hex())
"""


def test_first_process_compiles_and_threads_agree(cold):
    assert cold.first["hits"] == 0 and cold.first["misses"] == cold.first["programs"]
    assert cold.first["results"][0] == cold.first["results"][1]


def test_second_process_trains_from_the_cache_with_the_same_bits(cold):
    """Parallel loops inside functions loaded from the cache have failed before: numba issues 4807 and 8578."""
    before = cold.files()
    second = cold.train()
    assert second["results"] == cold.first["results"]
    assert second["hits"] == second["programs"] and second["misses"] == 0
    # An index and one file of machine code each.
    assert cold.files() == before and len(before) == second["files"]


def test_edit_of_a_file_that_the_program_only_calls_into_is_noticed(cold):
    edited = cold.package / "kernels" / "lanes" / "elementary.py"
    original, first = edited.read_text(), cold.run(PREDICT)
    before = cold.files()
    changed, count = re.subn(r"(0\.1666657703\)\n    g = fma\(g, r, )0\.5\)", r"\g<1>0.75)", original)
    assert count == 1
    try:
        edited.write_text(changed)
        assert cold.run(PREDICT) != first
        with_edit = cold.files()
        assert len(with_edit) > len(before)
    finally:
        edited.write_text(original)
    assert cold.run(PREDICT) == first
    assert cold.files() == with_edit


def test_edit_of_any_file_makes_another_cache_key(cold):
    code = (
        "import json, pathlib, fastbp\n"
        "from fastbp.compiling import cache\n"
        "keys = {'': cache._hash_of_sources()}\n"
        "for path in sorted(pathlib.Path(fastbp.__file__).parent.rglob('*.py')):\n"
        "    content = path.read_bytes()\n"
        "    path.write_bytes(content.replace(b'import', b' import', 1) or b'#')\n"
        "    keys[str(path)] = cache._hash_of_sources()\n"
        "    path.write_bytes(content)\n"
        "assert cache._hash_of_sources() == keys[''] == cache._SOURCES\n"
        "print(json.dumps(keys))"
    )
    keys = json.loads(cold.run(code))
    python_files = [path for path in cold.package.rglob("*.py") if b"import" in path.read_bytes() or not path.read_bytes()]
    assert len(set(keys.values())) == len(python_files) + 1 > 30
