"""Vectors that are copied together, or not at all."""

import numpy as np
import pytest

from fastbp.training.copies import Copies


@pytest.fixture(params=["float32", "float64"])
def arrays(request):
    return [np.arange(size, dtype=request.param) for size in (5000, 0, 1, 37)]


def test_they_go_back_to_what_was_taken_last(arrays):
    copies = Copies()
    for factor in (2, 3):
        for array in arrays:
            array *= factor
        assert copies.take(arrays)
    before = [array.copy() for array in arrays]
    for array in arrays:
        array[:] = 7
    copies.give_back(arrays)
    assert all(map(np.array_equal, arrays, before))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("which", "place"), [(0, 0), (0, 4999), (2, 0), (3, 36)])
def test_a_number_that_is_not_finite_is_seen_and_nothing_copied(arrays, which, place, value):
    copies, before = Copies(), [array.copy() for array in arrays]
    assert copies.take(arrays) and copies.are_finite(arrays)
    for array in arrays:
        array += 1
    arrays[which][place] = value
    assert not copies.are_finite(arrays) and not copies.take(arrays)
    assert not Copies().are_finite(arrays) and not Copies().take(arrays)
    copies.give_back(arrays)
    assert all(map(np.array_equal, arrays, before)) and copies.are_finite(arrays)


def test_the_largest_number_is_finite(arrays):
    arrays[0][:] = np.finfo(arrays[0].dtype).max
    arrays[3][:] = -arrays[0][0]
    assert Copies().take(arrays)


def test_a_look_at_other_arrays_leaves_the_copies(arrays):
    copies = Copies()
    assert copies.take(arrays)
    others = [array + 1 for array in arrays]
    assert copies.are_finite(others) and not copies.are_finite([others[0] * np.nan])
    copies.give_back(others)
    assert all(map(np.array_equal, arrays, others))


def test_the_memory_of_the_copies_is_used_again(arrays):
    copies = Copies()
    assert copies.take(arrays)
    held = copies._copies
    assert copies.take(list(arrays)) and copies._copies is held
    others = [array.copy() for array in arrays]
    assert copies.take(others) and copies._copies is not held


def test_what_fails_on_the_way_leaves_the_copies_of_before(arrays):
    copies, before = Copies(), [array.copy() for array in arrays]
    assert copies.take(arrays)
    with pytest.raises(IndexError):
        copies.take([])
    for array in arrays:
        array += 1
    copies.give_back(arrays)
    assert all(map(np.array_equal, arrays, before)) and copies.take(arrays)
