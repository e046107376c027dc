"""Rows mixed as they are gathered: what the kernels come to is what NumPy makes of the mixed rows."""

import numpy as np
import pytest

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.data.rows import Rows
from fastbp.training.mixup import Mixture
from fastbp.verification.problems import random_inputs, random_model, random_targets, random_weights

pytestmark = pytest.mark.kernels

SHAPES = [(3, 5, 1), (3, 2, 8), (37, 5, 50), (70, 3, 33), (400, 300, 40)]
SHAPES = SHAPES[:3] if DISABLED else SHAPES


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("columns", "hidden", "rows"), SHAPES)
@pytest.mark.parametrize("tasks", [1, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_step_on_mixed_rows_is_one_on_rows_that_numpy_has_mixed(columns, hidden, rows, tasks, dtype, weighted):
    X, t = random_inputs(90, columns, dtype=dtype), random_targets("squared_error", 90, 2, dtype=dtype)
    w = random_weights(90)[:, np.newaxis] if weighted else None
    random = np.random.default_rng(0)
    order, partners, shares = random.permutation(90)[:rows], random.permutation(90)[:rows], random.uniform(size=rows)
    models = [random_model([columns, hidden, 2], dtype=dtype, activation="tanh") for _ in range(2)]
    one, two = (fastbp.Trainer(model, loss="squared_error", threads=tasks) for model in models)
    own = Rows(X, t, None if w is None else (w / w.mean()).astype(dtype))
    loss = one._engine.train(own, order, 0, rows, 1, tasks, Mixture(partners, shares.astype(dtype)))

    def mixed(array):
        part = shares[:, np.newaxis]
        return (part * array[order] + (1 - part) * array[partners]).astype(dtype)

    given = Rows(mixed(X), mixed(t), None if w is None else mixed(w / w.mean()))
    wanted = two._engine.train(given, np.arange(rows), 0, rows, 1, tasks)
    tolerance = 1e-4 if dtype == "float32" else 1e-11
    assert loss == pytest.approx(wanted, rel=tolerance)
    for ours, theirs in zip(one.model.get_weights(), two.model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
