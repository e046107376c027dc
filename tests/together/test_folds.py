"""Rows for training and rows held out."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, N, X, make

from fastbp.together.folds import check_folds, draw_part
from fastbp.together.shared import Shared


@pytest.mark.parametrize("folds", [2, 3, 7, N])
def test_each_row_is_held_out_once_and_sizes_and_classes_are_even(folds):
    parts = check_folds(folds, make(), Shared(X, LABELS), 0)
    assert sorted(np.concatenate([held_out for _, held_out in parts])) == list(range(N))
    for training, held_out in parts:
        assert sorted([*training, *held_out]) == list(range(N))
    counts = np.array([np.bincount(LABELS[held_out], minlength=2) for _, held_out in parts])
    assert (np.ptp(counts, axis=0) <= 1).all() and np.ptp(counts.sum(axis=1)) <= 1


def test_the_seed_draws_them():
    def drawn(seed, trainer=make, y=LABELS):
        return [held_out.tolist() for _, held_out in check_folds(3, trainer(), Shared(X, y), seed)]

    assert drawn(0) == drawn(0) != drawn(1)
    # Numbers have no classes.
    numbers = drawn(0, lambda: make(loss="squared_error"), TARGETS)
    assert sorted(np.concatenate(numbers)) == list(range(N))


def test_those_of_scikit_learn_are_taken():
    parts = check_folds(iter([(np.arange(40), np.arange(40, N)), ([1, 2], [0])]), make(), Shared(X, LABELS), 0)
    assert [len(part) for pair in parts for part in pair] == [40, 10, 2, 1]


@pytest.mark.parametrize(
    ("folds", "error", "message"),
    [
        (1, ValueError, "folds is 1; expected an integer of at least 2"),
        (N + 1, ValueError, "folds is 51; there are 50 rows"),
        (2.5, TypeError, "folds is 2.5"),
        ([], ValueError, "folds is empty"),
        ([np.arange(3)], TypeError, r"folds\[0\] is of type ndarray; expected two arrays"),
        ([([0], None)], TypeError, r"folds\[0\] holds None"),
        ([([0], [1]), ([0], [N])], ValueError, r"folds\[1\]\[1\]\[0\] is 50; X has rows 0 to 49"),
    ],
)
def test_what_are_no_folds(folds, error, message):
    with pytest.raises(error, match=message):
        check_folds(folds, make(), Shared(X, LABELS), 0)


def test_a_part_is_drawn_of_each_class():
    training, held_out = draw_part(make(), Shared(X, LABELS), 0.2, 0)
    assert held_out.size == 10 and sorted([*training, *held_out]) == list(range(N))
    with pytest.raises(ValueError, match="validation_split is 2"):
        draw_part(make(), Shared(X, LABELS), 2, 0)
