"""Scores of rows are added up in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.kernels.scores import add_scores

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
