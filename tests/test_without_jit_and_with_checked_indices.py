"""The kernels once more: as plain Python, and compiled with every index checked."""

import os
import re
from pathlib import Path

from errands import long_errand, python

# Another pass need not read the others to find that nothing of them is marked.
_FILES = [path for path in sorted(Path(__file__).parent.rglob("test_*.py")) if "pytest.mark.kernels" in path.read_text()]
_FILES.remove(Path(__file__))


def once_more(setting):
    # Numba's cache key does not know of the check, so that code with it needs a cache of its own.
    cache = f"{os.environ['NUMBA_CACHE_DIR']}-{setting.lower()}"
    environment = {setting: "1", "NUMBA_CACHE_DIR": cache, "PYTHONWARNINGS": ""}
    return python("-m", "pytest", "-m", "kernels", "-q", "-p", "no:cacheprovider", *_FILES, **environment)


@long_errand
def with_checked_indices(folder):
    return once_more("NUMBA_BOUNDSCHECK")


@long_errand
def without_jit(folder):
    return once_more("NUMBA_DISABLE_JIT")


def check(done):
    assert done.code == 0, done.output[-7000:]
    assert int(re.search(r"(\d+) passed", done.output)[1]) > 0


def test_kernels_pass_with_checked_indices(with_checked_indices):
    check(with_checked_indices)


def test_kernels_pass_without_jit(without_jit):
    check(without_jit)
