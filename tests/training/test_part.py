"""A piece of a run: copies that stand alone, and what counts as finite."""

import numpy as np
import pytest

from fastbp.data.validation import all_finite
from fastbp.training.part import Part, copied


class Counter(Part):
    """Counts, in a number and in an array."""

    def __init__(self):
        self.count, self.seen = 0, np.zeros(3)

    def add(self, place):
        self.count += 1
        self.seen[place] += 1

    def state(self):
        return {"count": self.count, "seen": self.seen}

    def load_state(self, state):
        self.count = state["count"]
        self.seen[:] = state["seen"]


def test_a_part_goes_back_to_what_was_kept():
    part = Counter()
    part.add(1)
    kept = part.keep()
    part.add(2)
    part.restore(kept)
    assert part.count == 1 and part.seen.tolist() == [0, 1, 0]
    # What was kept is no part of it.
    part.add(0)
    assert kept["seen"].tolist() == [0, 1, 0]


def test_keeping_anew_takes_no_new_memory():
    part = Counter()
    kept = part.keep()
    part.add(1)
    again = part.keep(kept)
    assert again["seen"] is kept["seen"] and again["seen"].tolist() == [0, 1, 0] and again["count"] == 1


@pytest.mark.parametrize("other", [np.zeros(4), np.zeros(3, np.float32), None])
def test_memory_that_does_not_fit_is_not_used(other):
    found = copied({"a": np.arange(3.0)}, {"a": other})
    assert found["a"] is not other and found["a"].tolist() == [0, 1, 2] and found["a"].dtype == np.float64


def test_lists_are_copied_whole():
    state = {"names": [["a"], ["b"]]}
    found = copied(state)
    state["names"][0].append("c")
    assert found == {"names": [["a"], ["b"]]}


@pytest.mark.parametrize("size", [1, 100, 20_000])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_not_finite_is_seen(size, bad):
    array = np.ones(size, np.float32)
    assert all_finite(array)
    array[size // 2] = bad
    assert not all_finite(array)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_numbers_whose_sum_is_too_large_are_finite(dtype):
    array = np.full(20_000, np.finfo(dtype).max, dtype)
    assert all_finite(array)
    array[7] = np.nan
    assert not all_finite(array)
