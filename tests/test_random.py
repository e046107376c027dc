"""Streams of random numbers: each by its name alone, whatever else was drawn."""

from itertools import product

import numpy as np
import pytest

from fastbp._random import EPOCH_ORDER, INITIAL_WEIGHTS, VALIDATION_ROWS, as_seed, generator


def test_each_seed_purpose_and_index_has_a_stream_of_its_own():
    names = list(product([0, 1, 2**63, 2**64 - 1], [INITIAL_WEIGHTS, EPOCH_ORDER, VALIDATION_ROWS], [0, 1, 2, 1000]))
    draws = np.array([generator(*name).random(1000) for name in names])
    assert np.unique(draws).size == draws.size
    between = np.corrcoef(draws)[np.triu_indices(len(names), 1)]
    # Of independent streams it is normal with standard deviation 1 / sqrt(1000).
    assert np.abs(between).max() < 5 / np.sqrt(1000)


def test_a_stream_does_not_depend_on_what_was_drawn_before():
    first = generator(3, EPOCH_ORDER, 7).random(10)
    other = generator(3, EPOCH_ORDER, 6)
    other.random(100_000)
    assert np.array_equal(generator(3, EPOCH_ORDER, 7).random(10), first)


def test_a_seed_stays_and_none_is_drawn():
    assert [as_seed(seed) for seed in (0, 7, np.int64(3), 2**64 - 1)] == [0, 7, 3, 2**64 - 1]
    drawn = {as_seed(None) for _ in range(20)}
    assert len(drawn) == 20 and all(type(seed) is int and 0 <= seed < 2**64 for seed in drawn)


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), (2**64, ValueError), (1.5, TypeError), (True, TypeError), ("0", TypeError)])
def test_what_is_no_seed_is_refused(seed, error):
    with pytest.raises(error, match="seed is"):
        as_seed(seed)
