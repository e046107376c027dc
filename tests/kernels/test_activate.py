"""Activations over runs of vectors of any length: of nets whose logits are their inputs."""

import numpy as np
import pytest
from drawn import up_to

import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.verification import reference

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
CASES = [case for cls in ACTIVATIONS.values() for case in cls.cases()]
ROWS, COLUMNS = [1, 8, 9, 33], [1, 7, 8, 17, up_to(65, 33)]


def handing_on(columns, activation, dtype):
    """A model whose logits are its inputs."""
    return fastbp.MLP([columns, columns], output_activation=activation, init=([np.eye(columns)], [np.zeros(columns)]), dtype=dtype)


def logits_of(rows, columns, dtype):
    return np.random.default_rng([rows, columns]).normal(0, 3, (rows, columns)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("activation", CASES, ids=str)
def test_every_unit_of_every_row_is_activated(activation, columns, dtype):
    model = handing_on(columns, activation, dtype)
    for rows in ROWS:
        X = logits_of(rows, columns, dtype)
        wanted, z = reference.forward(reference.net_of(model), X).outputs[-1], X.astype(np.float64)
        # What is written by a function of z passes its rounding on.
        rounding = np.abs(z * activation.reference_derivative(z)) if activation.needs_z or activation.settings else 0
        assert (np.abs(model.predict(X) - wanted) <= 16 * np.finfo(dtype).eps * (np.abs(wanted) + rounding) + np.finfo(dtype).tiny).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("activation", CASES, ids=str)
def test_every_delta_is_multiplied_by_its_derivative(activation, columns, dtype):
    trainer = fastbp.Trainer(handing_on(columns, activation, dtype), loss="squared_error", threads=1)
    for rows in ROWS:
        X, targets = logits_of(rows, columns, dtype), logits_of(rows, columns, dtype)[::-1] + 1
        _, _, (found,) = trainer.loss_and_gradients(X, targets)
        _, _, (wanted,) = reference.loss_and_gradients(reference.net_of(trainer.model), "squared_error", X, targets.astype(np.float64))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=64 * np.finfo(dtype).eps * max(np.abs(wanted).max(), 1))
