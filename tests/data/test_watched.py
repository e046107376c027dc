"""An array that is looked at again is the one that is asked about."""

import copy
import pickle

import numpy as np
import pytest

from fastbp.data.watched import Watched


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 5000])
def test_each_look_is_at_the_numbers_of_now(dtype, size):
    array, watched = np.ones(size, dtype), Watched()
    assert watched.is_finite(array) is True
    for value in (np.nan, np.inf, -np.inf):
        array[size // 2 :][:1] = value
        assert watched.is_finite(array) == (size == 0)
    array[:] = np.finfo(dtype).max
    assert watched.is_finite(array)


def test_another_array_is_looked_at_where_it_lies():
    watched, spoilt = Watched(), np.full((3, 4), np.nan)
    assert watched.is_finite(np.ones(7)) and not watched.is_finite(spoilt) and watched.is_finite(np.ones((3, 4)))


def test_a_copy_remembers_no_array():
    watched, array = Watched(), np.ones(9)
    assert watched.is_finite(array)
    for again in (copy.deepcopy(watched), pickle.loads(pickle.dumps(watched))):
        array[3] = np.nan
        assert not again.is_finite(array) and again.is_finite(np.ones(9))
