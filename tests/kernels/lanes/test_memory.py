"""Vectors read from arrays and written to them: whole ones at any place, first lanes, nothing beyond."""

import numpy as np
import pytest
from chains import lanes
from hypothesis import given, settings
from hypothesis import strategies as st

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import memory

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]


@program
def copy(source, read, out, write):
    memory.store(out, write, memory.load(source, read))


@program
def copy_count(source, out, count):
    memory.copy_numbers(out, source, count)


@program
def copy_first(source, read, count, out, write):
    memory.store(out, write, memory.load_first(source, read, count))


@program
def write_first(source, out, write, count):
    memory.store_first(out, write, memory.load(source, 0), count)


@program
def prefetch(array, index):
    memory.prefetch(array, index)
    memory.prefetch_first(array, index)


PLACES = st.integers(0, 20)


def numbered(dtype, first, size=64):
    return np.arange(first, first + size).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=40)
@given(read=PLACES, write=PLACES)
def test_a_vector_is_read_and_written_at_any_place(dtype, read, write):
    source, out = numbered(dtype, 1), numbered(dtype, -100)
    expected = out.copy()
    expected[write : write + lanes(dtype)] = source[read : read + lanes(dtype)]
    copy(source, read, out, write)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(source, numbered(dtype, 1))


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=40)
@given(count=st.integers(0, 64))
def test_so_many_numbers_are_copied_and_no_more(dtype, count):
    source, out = numbered(dtype, 1), numbered(dtype, -100)
    expected = np.concatenate([source[:count], out[count:]])
    copy_count(source, out, count)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=40)
@given(read=PLACES, write=PLACES, count=PLACES)
def test_lanes_beyond_the_first_are_read_as_zero(dtype, read, write, count):
    count_read = min(count, lanes(dtype))
    # Nothing lies behind what is read: where it does in memory, the poison of the larger array must not appear.
    whole = np.full(128, np.nan, dtype)
    source = whole[: read + count_read]
    source[:] = numbered(dtype, 1, source.size)
    out = numbered(dtype, -100)
    expected = out.copy()
    expected[write : write + lanes(dtype)] = 0
    expected[write : write + count_read] = source[read:]
    copy_first(source, read, count, out, write)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=40)
@given(write=PLACES, count=PLACES)
def test_only_the_first_lanes_are_written(dtype, write, count):
    source, out = numbered(dtype, 1), numbered(dtype, -100)
    expected = out.copy()
    count_written = min(count, lanes(dtype))
    expected[write : write + count_written] = source[:count_written]
    write_first(source, out, write, count)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_prefetching_changes_nothing(dtype):
    array = numbered(dtype, 1)
    for index in (0, 13, array.size - 1):
        prefetch(array, index)
    np.testing.assert_array_equal(array, numbered(dtype, 1))
