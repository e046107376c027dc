"""Squares of the gradients of rows, from units that lie in panels."""

import numpy as np
import pytest

from fastbp.kernels.squares import add_squares

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("n_in", "n_out"), [(1, 2), (5, 3), (4, 1)])
def test_they_are_added_for_all_rows_of_all_panels(n_in, n_out, dtype):
    random, panels, panel_rows = np.random.default_rng(0), 2, 32
    a, d = random.normal(size=(panels, n_in, panel_rows)).astype(dtype), random.normal(size=(panels, n_out, panel_rows)).astype(dtype)
    flat = [np.concatenate([np.zeros(16, dtype), each.ravel()]) for each in (a, d)]
    out = np.ones(panels * panel_rows, dtype)
    add_squares(*flat, (16, 16, n_in, n_out), panels, panel_rows, out)
    wanted = 1 + ((a.astype(float) ** 2).sum(axis=1) + 1) * (d.astype(float) ** 2).sum(axis=1)
    np.testing.assert_allclose(out, wanted.ravel(), rtol=8 * np.finfo(dtype).eps)
