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
    found = np.column_stack([random.normal(size=rows), random.integers(0, answers + 1, rows)]).astype(dtype)
    weights = random.uniform(0, 3, rows).astype(dtype) if weighted else None
    sums = np.array([1.0, 2.0, 3.0])
    add_scores(found, weights, answers, sums)
    w, exact = np.ones(rows) if weights is None else weights.astype(np.float64), found.astype(np.float64)
    wanted = [1 + (w * exact[:, 0]).sum(), 2 + (w * exact[:, 1] / answers).sum(), 3 + w.sum()]
    np.testing.assert_allclose(sums, wanted, rtol=1e-13)


def test_all_right_adds_up_to_the_weights_to_the_last_bit():
    weights = np.random.default_rng(0).uniform(0.1, 1, 100_000)
    for answers in (1, 3):
        sums = np.zeros(3)
        add_scores(np.full((100_000, 2), answers, np.float32), weights, answers, sums)
        assert sums[1] == sums[2]
