"""Which rows are kept for validation: as many as asked for, of each class in proportion, and the same ones again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.model_selection import train_test_split

from fastbp.data.split import split

shares = st.floats(0.01, 0.99)


@given(shares, st.integers(2, 300), st.integers(0, 2**63))
def test_the_parts_are_all_rows_as_they_lie(share, rows, seed):
    if np.ceil(share * rows) == rows:
        with pytest.raises(ValueError, match="leaves no rows for training"):
            split(share, rows, None, seed)
        return
    training, validation = split(share, rows, None, seed)
    assert_array_equal(np.sort(np.concatenate([training, validation])), np.arange(rows))
    assert (np.diff(training) > 0).all() and (np.diff(validation) > 0).all()
    # As many as scikit-learn takes.
    assert validation.size == len(train_test_split(np.arange(rows), test_size=share)[1])
    for again, before in zip(split(share, rows, None, seed), (training, validation), strict=True):
        assert_array_equal(again, before)


@given(shares, st.lists(st.integers(1, 60), min_size=2, max_size=6), st.integers(0, 2**20))
def test_each_class_has_its_share(share, sizes, seed):
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    try:
        training, validation = split(share, groups.size, groups, seed)
    except ValueError:
        assert max(sizes) == 1
        return
    assert_array_equal(np.sort(np.concatenate([training, validation])), np.arange(groups.size))
    kept, held = (np.bincount(groups[part], minlength=len(sizes)) for part in (training, validation))
    wanted = np.ceil(share * groups.size)
    assert (kept >= 1).all() and held.sum() <= wanted
    # Fewer only where there is no class to take from.
    assert held.sum() == wanted or (kept == 1).all()
    if held.sum() == wanted and (np.floor(wanted * np.array(sizes) / groups.size) + 1 < sizes).all():
        assert (np.abs(held - wanted * np.array(sizes) / groups.size) < 1).all()


def test_shares_of_classes_are_those_of_scikit_learn():
    groups = np.repeat([0, 1, 2], [500, 300, 200])
    _, validation = split(0.2, 1000, groups, 3)
    assert_array_equal(np.bincount(groups[validation]), [100, 60, 40])
    assert_array_equal(np.bincount(train_test_split(groups, test_size=0.2, stratify=groups)[1]), [100, 60, 40])


def test_rows_of_a_class_have_the_same_chance():
    groups, drawn = np.repeat([0, 1], [12, 4]), np.zeros(16)
    for seed in range(2000):
        drawn[split(0.25, 16, groups, seed)[1]] += 1
    assert (np.abs(drawn - 500) < 80).all()  # four standard deviations


def test_other_seeds_draw_others():
    assert len({split(0.1, 100, None, seed)[1].tobytes() for seed in range(20)}) == 20


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_outside_its_range_is_refused(share):
    with pytest.raises(ValueError, match=r"validation_split is .*; expected a number in \(0, 1\)"):
        split(share, 10, None, 0)


@pytest.mark.parametrize("share", ["0.1", True, (1, 2)])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(TypeError, match=r"validation_split is .*; expected a number"):
        split(share, 10, None, 0)


@pytest.mark.parametrize(
    ("share", "groups", "said"),
    [
        (0.1, np.zeros(1, int), "validation_split=0.1 leaves no rows for training: there are 1$"),
        (0.95, np.zeros(10, int), "leaves no rows for training: there are 10$"),
        (0.2, np.arange(10), "leaves no rows for validation: there are 10, and one of each class is for training"),
    ],
)
def test_a_part_without_rows_is_refused(share, groups, said):
    with pytest.raises(ValueError, match=said):
        split(share, len(groups), groups, 0)
