"""What one process leaves to the next, and what importing the package does not do."""

import json
import re

PREDICT = """
import numpy as np
import fastbp
print(fastbp.MLP([2, 3, 2], activation="sigmoid", init="lecun_uniform", seed=0).predict(np.ones((1, 2), np.float32)).tobytes().hex())
"""


def test_import_brings_in_no_optional_library(run_python):
    code = (
        "import sys, numba\n"
        "before = set(sys.modules)\n"
        "import fastbp\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = set(run_python(code).split())
    assert "fastbp" in loaded
    # Numba itself may import scipy.
    assert not {"sklearn", "scipy", "matplotlib", "pandas", "polars", "tqdm", "torch", "pooch"} & loaded


def test_only_a_progress_bar_needs_tqdm(run_python):
    code = (
        "import sys, fastbp\n"
        "trainer = fastbp.Trainer(fastbp.MLP([1, 1], seed=0), loss='squared_error')\n"
        "trainer.fit([[0.0]], [1.0], epochs=1)\n"
        "print('tqdm' in sys.modules)"
    )
    assert run_python(code) == "False\n"


def test_import_compiles_nothing_and_prints_nothing(run_python, tmp_path):
    code = (
        "import fastbp\n"
        "from fastbp.compiling import jit\n"
        "from fastbp.kernels import programs\n"
        "every = [programs._run, *(compiled for compiled, _ in jit._UNITS.values())]\n"
        "assert len(every) > 1 and not any(program.signatures for program in every)\n"
        "fastbp.Trainer(fastbp.MLP([2, 3, 2]), loss='cross_entropy')"
    )
    assert run_python(code, NUMBA_CACHE_DIR=str(tmp_path)) == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_import_leaves_numba_as_it_was(run_python):
    code = (
        "import numba\n"
        "def state(): return {k: repr(v) for k, v in vars(numba.config).items() if k.isupper()}, numba.get_num_threads()\n"
        "numba.set_num_threads(1)\n"
        "before = state()\n"
        "import fastbp\n"
        "assert state() == before and before[1] == 1, (before, state())"
    )
    run_python(code, NUMBA_NUM_THREADS="2")


def test_import_leaves_numpy_logging_and_signals_as_they_were(run_python):
    code = (
        "import logging, signal, warnings, numba, numpy as np\n"
        "def state(): return (np.geterr(), np.get_printoptions(), logging.getLogger().handlers[:], logging.getLogger().level,\n"
        "                     signal.getsignal(signal.SIGINT), warnings.filters[:])\n"
        "before = state()\n"
        "import fastbp\n"
        "assert state() == before"
    )
    run_python(code)


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
    assert cold.files() == before and len(before) == 2 * second["programs"]


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
