"""Building blocks: linked into what calls them, and compiled for all numbers alike."""

import numba
import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED, scalar

pytestmark = pytest.mark.skipif(DISABLED, reason="plain Python has no building blocks")


def times(factor):
    """A block that a factory made."""

    @scalar
    def scaled(x):
        return factor * x

    return scaled


twice, thrice = times(2.0), times(3.0)


@scalar
def shifted(x, by):
    return x + by


# Not kept on disk, so that the blocks are compiled here.
@numba.njit
def all_of_them(x):
    return twice(x), thrice(x), shifted(x, 1), shifted(x, 2), shifted(x, 3)


def test_blocks_of_one_factory_are_told_apart():
    assert all_of_them(5.0)[:2] == (10.0, 15.0)
    assert twice.py_func.__qualname__ != thrice.py_func.__qualname__


def test_a_block_is_compiled_once_for_all_constants():
    assert all_of_them(5.0)[2:] == (6.0, 7.0, 8.0)
    assert [len(signature) for signature in shifted.overloads] == [2]


def test_a_block_has_no_entry_for_python():
    assert all_of_them(np.float32(5))[0] == 10
    assert twice.overloads and not any(callable(overload.entry_point) for overload in twice.overloads.values())
