"""A compiled shuffle gives the order that NumPy draws, number by number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp._random import EPOCH_ORDER, generator
from fastbp.kernels.shuffle import permutation

pytestmark = pytest.mark.kernels

LARGEST = 2**64 - 1


def assert_as_numpy(rows, seed, purpose, index):
    order, expected = permutation(rows, seed, purpose, index), generator(seed, purpose, index).permutation(rows)
    assert order.dtype == expected.dtype == np.int64 and np.array_equal(order, expected)


@pytest.mark.parametrize("rows", [*range(70), *(2**power + more for power in (7, 10, 14, 17) for more in (-1, 0, 1, 65))])
def test_every_length(rows):
    assert_as_numpy(rows, 7, EPOCH_ORDER, 3)


@given(st.integers(0, 3000), st.integers(0, LARGEST), st.integers(0, 10), st.integers(0, LARGEST))
def test_every_stream(rows, seed, purpose, index):
    assert_as_numpy(rows, seed, purpose, index)
