"""Machine code that is kept: when it is found, when made anew; by several processes at once, elsewhere, or nowhere at all.

To compile all kernels takes a quarter of a minute. What happens to their files happens to those of a few small programs, too, which are
compiled and kept in the same way; `cold` has all kernels.
"""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from errands import copied

# Calls programs for numbers of several types, each of which is compiled; prints what came out, and what the cache was good for.
SMALL = """
import json
import numpy as np
from fastbp.kernels import checks, digest, scores

given = [(np.arange(1000) * 37 % 101).astype(kind) for kind in ("f4", "f8", "i8")]
sums = np.zeros(3)
scores.add_scores(given[0], given[0], None, 3, sums)
scores.add_scores(given[0], given[0], given[0], 3, sums)
within = [checks.all_within(values, values.dtype.type(1), values.dtype.type(100)) for values in given]
within += [checks.all_within(values[2:9], values.dtype.type(1), values.dtype.type(100)) for values in given]
results = [[digest.digest(values[8:-8]) for values in given], within, sums.tolist()]
every = [checks._all_within, digest._digest, scores._add, scores._add_weighted]
hits, misses = (sum(sum(getattr(p.stats, kind).values()) for p in every) for kind in ("cache_hits", "cache_misses"))
print(json.dumps({"results": results, "hits": hits, "misses": misses, "programs": sum(len(p.overloads) for p in every)}))
"""

# Prints what was logged, too.
SMALL_AND_TELL = f"""
import logging, sys
logging.basicConfig(stream=sys.stdout)
{SMALL}
"""

# As two processes do that come to each program at the same time.
SMALL_TOGETHER = f"""
import pathlib, sys, time
from fastbp.kernels import checks, digest, scores
here, there = map(pathlib.Path, sys.argv[1:])
here.touch()
while not there.exists():
    time.sleep(0.0001)
{SMALL}
"""


@pytest.fixture(scope="module")
def wanted(run_python):
    return json.loads(run_python(SMALL))["results"]


@pytest.fixture(scope="module")
def kept(run_python, tmp_path_factory):
    """A copy of the package by which small programs were compiled and kept."""
    folder = tmp_path_factory.mktemp("small")
    settings = copied(folder)

    def run(code=SMALL):
        return run_python(code, **settings)

    def compute():
        return json.loads(run())

    return SimpleNamespace(first=compute(), run=run, compute=compute, cache=folder / "cache", package=settings["package"] / "fastbp")


@contextmanager
def put_back(*folders, aside):
    """Afterwards folders are as they were."""
    for number, folder in enumerate(folders):
        shutil.copytree(folder, aside / str(number))
    yield
    for number, folder in enumerate(folders):
        shutil.rmtree(folder)
        shutil.copytree(aside / str(number), folder)


@pytest.fixture
def small(kept, tmp_path):
    """The same for a test that may change its files."""
    with put_back(kept.cache, kept.package, aside=tmp_path):
        yield kept


def machine_code(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")}


def test_two_processes_may_fill_one_cache(run_python, tmp_path, wanted):
    cache, names = tmp_path / "cache", (tmp_path / "a", tmp_path / "b")

    def compute(code, *arguments):
        return json.loads(run_python(code, *arguments, NUMBA_CACHE_DIR=str(cache)))

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(compute, SMALL_TOGETHER, *order) for order in (names, names[::-1])]
        assert [each.result()["results"] for each in both] == [wanted] * 2
    # What one of them wrote over is compiled once more, and then all is there.
    assert compute(SMALL)["results"] == wanted
    filled = machine_code(cache)
    assert filled
    again = compute(SMALL)
    assert again["results"] == wanted and again["hits"] == again["programs"]
    assert machine_code(cache) == filled


@pytest.fixture
def installed(tmp_path):
    """A copy of the package, and settings with which none of the user's folders can hold a cache.

    Folders below a file cannot be made; permissions would not keep root out.
    """
    settings, file = copied(tmp_path), tmp_path / "file"
    file.touch()
    settings |= {name: str(file / "folder") for name in ("NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}
    return settings | {"PYTHONDONTWRITEBYTECODE": "1"}


def test_without_the_folder_asked_for_machine_code_is_kept_with_the_package(run_python, installed, wanted):
    assert json.loads(run_python(SMALL, **installed))["results"] == wanted
    assert machine_code(installed["package"])


def test_with_no_folder_to_write_to_the_user_is_told_what_to_set(run_python, installed, wanted):
    folder = installed["package"] / "fastbp"
    for each in (folder, folder / "kernels"):
        (each / "__pycache__").touch()
    *told, printed = run_python(SMALL_AND_TELL, **installed).splitlines()
    assert json.loads(printed)["results"] == wanted
    assert any("NUMBA_CACHE_DIR" in line for line in told)


@pytest.mark.parametrize("instead", ["touch()", "symlink_to('nowhere')"])
def test_a_folder_that_can_no_longer_be_written_to_keeps_nobody_from_training(run_python, tmp_path, wanted, instead):
    code = (
        "import pathlib, sys\n"
        "from fastbp.kernels import checks, digest, programs, scores\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "folder.rename(folder.with_name('elsewhere'))\n"
        f"folder.{instead}\n"
    )
    folder = tmp_path / "cache"
    *told, printed = run_python(code + SMALL_AND_TELL, folder, NUMBA_CACHE_DIR=str(folder)).splitlines()
    assert json.loads(printed)["results"] == wanted
    assert any("NUMBA_CACHE_DIR" in line for line in told)


def halved(content):
    return content[: len(content) // 2]


def overwritten(content):
    """Garbage where the machine code lies, which LLVM would take for such."""
    begin = len(content) // 5
    return content[:begin] + bytes(range(255, 191, -1)) + content[begin + 64 :]


def emptied(content):
    return b""


def zeros(content):
    return bytes(len(content))


@pytest.mark.parametrize(
    ("of_indices", "of_codes"), [((overwritten, halved), (emptied, zeros)), ((emptied, zeros), (overwritten, halved))], ids=["one", "other"]
)
def test_damaged_files_are_made_anew(small, of_indices, of_codes):
    """Each kind of damage to an index and to code; of two functions the one, of two the other."""
    indices, codes = ({path.name.split("-")[0]: path for path in sorted(small.cache.rglob(f"*.{end}"))} for end in ("nbi", "nbc"))
    assert len(indices) == len(codes) == 4
    paths = [*list(indices.values())[:2], *list(codes.values())[2:]]
    damaged = {path: damage(path.read_bytes()) for path, damage in zip(paths, of_indices + of_codes, strict=True)}
    for path, content in damaged.items():
        path.write_bytes(content)
    assert "cannot be read" in small.run(SMALL_AND_TELL)
    assert not [path for path, content in damaged.items() if path.read_bytes() == content]
    again = small.compute()
    assert again["results"] == small.first["results"]
    assert again["hits"] == again["programs"] and again["misses"] == 0


def test_code_under_the_name_that_another_process_has_given_out_is_made_anew(small):
    """As if a second process had written its code where the index of the first expects its own."""
    one, other, *_ = sorted(small.cache.rglob("*._all_within-*.nbc"))
    content = other.read_bytes()
    one.write_bytes(content)
    again = small.compute()
    assert again["results"] == small.first["results"] and again["misses"] == 1
    assert one.read_bytes() != content
    assert small.compute()["misses"] == 0


@pytest.fixture
def cache(cold, tmp_path):
    """The folder that `cold` fills, for a test that may change it."""
    folder = cold.package.parent.parent / "cache"
    with put_back(folder, aside=tmp_path):
        yield folder


def spoil(path):
    path.write_bytes(overwritten(path.read_bytes()))


@pytest.mark.parametrize(
    ("name", "files", "lose"),
    [("forward_layer", "*.nb?", Path.unlink), ("update_block", "*.nbc", spoil), ("update_rows", "*.nbi", spoil)],
    ids=["forward_layer", "update_block", "update_rows"],
)
def test_a_kernel_compiled_beside_others_that_are_loaded_calls_its_own_functions(cold, cache, name, files, lose):
    """As after a first training that was broken off: functions of one factory were once told apart by the order of compilation alone."""
    (path, *others) = cache.rglob(f"*.{name}-{files}")
    for each in (path, *others):
        lose(each)
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


def test_machine_code_of_another_version_is_left_alone(small):
    named = small.package / "__init__.py"
    source = named.read_text()
    named.write_text(re.sub('(?m)^__version__ = ".*"', '__version__ = "0.0.1"', source))
    assert named.read_text() != source
    other = small.compute()
    named.write_text(source)
    assert other["results"] == small.first["results"]
    assert other["hits"] == 0 and other["misses"] == other["programs"]
    again = small.compute()
    assert again["results"] == small.first["results"] and again["hits"] == again["programs"]


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


def test_edit_of_a_file_that_the_program_only_calls_into_is_noticed(small):
    edited, before = small.package / "kernels" / "lanes" / "buffer.py", machine_code(small.cache)
    original = edited.read_text()
    # Arrays of numbers begin eight bytes later.
    changed = original.replace("builder.inttoptr(arguments[0],", "builder.inttoptr(builder.add(arguments[0], _I64(8)),")
    assert changed != original
    edited.write_text(changed)
    assert small.compute()["results"] != small.first["results"]
    with_edit = machine_code(small.cache)
    assert len(with_edit) > len(before)
    edited.write_text(original)
    assert small.compute()["results"] == small.first["results"]
    assert machine_code(small.cache) == with_edit


def test_edit_of_any_file_that_kernels_are_made_of_makes_another_cache_key(cold):
    code = (
        "import json, pathlib, fastbp\n"
        "from fastbp.compiling import cache\n"
        "keys = {'': cache._hash_of_sources()}\n"
        "# Read once, as each of hundreds of edits has all files hashed.\n"
        "files = {path: path.read_bytes() for path in sorted(pathlib.Path(fastbp.__file__).parent.rglob('*.py'))}\n"
        "pathlib.Path.read_bytes = lambda path: files[path]\n"
        "for path, content in files.items():\n"
        "    files[path] = content.replace(b'import', b' import', 1) or b'#'\n"
        "    keys[str(path)] = cache._hash_of_sources()\n"
        "    files[path] = content\n"
        "assert cache._hash_of_sources() == keys[''] == cache._SOURCES\n"
        "print(json.dumps(keys))"
    )
    keys = json.loads(cold.run(code))
    changed = {Path(path).relative_to(cold.package) for path, key in keys.items() if path and key != keys[""]}
    parts = {path: path.relative_to(cold.package).parts for path in cold.package.rglob("*.py")}
    assert changed == {
        Path(*names)
        for path, names in parts.items()
        if (names[0] in ("kernels", "compiling") or (len(names) == 1 and names[0][0] == "_"))
        and (b"import" in path.read_bytes() or not path.read_bytes())
    }
    assert len(set(keys.values())) == len(changed) + 1 > 90
