"""Numbers outside a range are found wherever they stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.kernels.checks import all_within
from fastbp.kernels.codes import DTYPES

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", [1, 2, 63, 4095, 4096, 4097, 10_000])
def test_both_ends_belong_to_the_range_and_nothing_beyond(size, dtype):
    array = np.full(size, 5, dtype)
    array[::2] = 3
    assert all_within(array, dtype.type(3), dtype.type(5))
    for place in {0, size // 2, size - 1}:
        held = array[place]
        for outside in (2, 6):
            array[place] = outside
            assert not all_within(array, dtype.type(3), dtype.type(5))
        array[place] = held


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@given(place=st.integers(0, 4999))
def test_what_is_not_finite_lies_in_no_finite_range(dtype, value, place):
    array = np.zeros(5000, dtype)
    array[place] = value
    largest = np.finfo(dtype).max
    assert not all_within(array, -largest, largest)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_largest_numbers_are_within_their_own_range(dtype):
    largest = np.finfo(dtype).max
    assert all_within(np.array([largest, -largest, 0, -0.0], dtype), -largest, largest)


def test_an_empty_array_and_one_of_rows():
    assert all_within(np.zeros(0), 0.0, 1.0)
    assert all_within(np.eye(70), 0.0, 1.0) and not all_within(np.eye(70), 0.0, 0.5)
