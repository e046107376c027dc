"""Scores of rows are added up in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.kernels.codes import RELATIVE
from fastbp.kernels.scores import add_scores, sums_of_errors

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("weighted", [False, True])
@given(rows=st.integers(1, 60), answers=st.integers(1, 4))
def test_the_sums(weighted, dtype, rows, answers):
    random = np.random.default_rng([rows, answers])
    losses, hits = random.normal(size=rows).astype(dtype), random.integers(0, answers + 1, rows).astype(dtype)
    weights = random.uniform(0, 3, rows).astype(dtype) if weighted else None
    sums = np.array([1.0, 2.0, 3.0])
    add_scores(losses, hits, weights, answers, sums)
    w = np.ones(rows) if weights is None else weights.astype(np.float64)
    wanted = [1 + (w * losses).sum(), 2 + (w * hits / answers).sum(), 3 + w.sum()]
    np.testing.assert_allclose(sums, wanted, rtol=1e-13)


def test_all_right_adds_up_to_the_weights_to_the_last_bit():
    weights = np.random.default_rng(0).uniform(0.1, 1, 100_000)
    for answers in (1, 3):
        sums = np.zeros(3)
        right = np.full(100_000, answers, np.float32)
        add_scores(right, right, weights, answers, sums)
        assert sums[1] == sums[2]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 3), (255, 2), (600, 3)])
def test_the_sums_of_errors(rows, columns, weighted):
    random = np.random.default_rng([rows, columns])
    targets, found = random.normal(1e3, 1, (rows, columns)), random.normal(1e3, 1, (rows, columns))
    targets[random.random((rows, columns)) < 0.2] = np.nan
    targets[0, 0], targets[rows // 2, -1] = 0.0, 3.0
    weights = random.uniform(0.1, 3, rows) if weighted else None
    sums, others = (sums_of_errors(targets, found, weights, relative) for relative in (True, False))
    for j in range(columns):
        known = ~np.isnan(targets[:, j])
        w, t, e = (weights if weighted else np.ones(rows))[known], targets[known, j], np.abs(found - targets)[known, j]
        spread = (w * (t - np.average(t, weights=w)) ** 2).sum()
        expected = [known.sum(), w.sum(), (w * e).sum(), (w * e**2).sum(), (w * e / np.maximum(np.abs(t), 2.0**-52)).sum(), spread]
        np.testing.assert_allclose(sums[:, j], expected, rtol=1e-12, atol=1e-12)
    assert not others[RELATIVE].any()
    np.testing.assert_array_equal(np.delete(others, RELATIVE, axis=0), np.delete(sums, RELATIVE, axis=0))


def test_targets_that_are_all_the_same_have_no_spread_and_none_no_sums():
    targets = np.column_stack([np.full(700, 0.1), np.full(700, np.nan)])
    sums = sums_of_errors(targets, np.zeros((700, 2)), np.full(700, 0.3), True)
    assert sums[-1, 0] == 0 and not sums[:-1, 1].any()
