"""Norms of the gradients of rows: as of each row alone, however many there are and however they lie."""

import numpy as np
import pytest
from ledger import deep

import fastbp
from fastbp.compiling.jit import DISABLED
from fastbp.training import row_norms
from fastbp.verification.problems import random_inputs, random_model, random_targets, random_weights

LIMITS = {"float64": 1e-12, "float32": 1e-5}
ROWS = (1, 8, 9, 40) if DISABLED else (1, 8, 9, 40, 700)


def norm_of(gradients):
    return np.sqrt(sum((g.astype(float) ** 2).sum() for kind in gradients for g in kind))


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("normalization", [None, "layer"])
def test_they_are_those_of_each_row_alone(normalization, dtype):
    model = random_model([5, 20, 7, 3], activation="tanh", normalization=normalization, dtype=dtype)
    for threads in (1, 2):
        trainer = fastbp.Trainer(model, loss="cross_entropy", threads=threads)
        for rows in ROWS:
            X, y = random_inputs(rows, 5), np.arange(rows) % 3
            found, some = trainer.gradient_norms(X, y), range(0, rows, 97)
            wanted = [norm_of(trainer.loss_and_gradients(X[[row]], y[[row]])[1:]) for row in some]
            assert found.shape == (rows,) and found.dtype == np.float64
            np.testing.assert_allclose(found[list(some)], wanted, rtol=LIMITS[dtype])


@pytest.mark.parametrize("normalization", [None, "layer", "batch"])
def test_they_are_those_of_the_trace(normalization):
    for rows in (5, 21):
        trainer, X, y = deep(rows, normalization=normalization, dropout=0.2, input_noise=0.1)
        weights = random_weights(rows)
        trace = trainer.trace(X, y, weights)
        squares = sum(((a**2).sum(axis=1) + 1) * (d**2).sum(axis=1) for a, d in zip(trace.activations, trace.deltas, strict=False))
        for layer in range(3 if normalization else 0):
            errors = trace.errors[layer] * trace.slopes[layer]
            x = (trace.normalized[layer] - trace.net.shifts[layer]) / trace.net.scales[layer]
            squares = squares + (errors**2 * (1 + x**2)).sum(axis=1)
        np.testing.assert_allclose(trainer.gradient_norms(X, y, weights), rows * np.sqrt(squares), rtol=1e-11)


def test_long_data_go_through_in_blocks_with_the_same_numbers(monkeypatch):
    model = random_model([3, 4, 2], activation="tanh")
    trainer, X, y = fastbp.Trainer(model, loss="squared_error"), random_inputs(50, 3), random_targets("squared_error", 50, 2)
    whole = trainer.gradient_norms(X, y, random_weights(50))
    monkeypatch.setattr("fastbp.training.engine.BLOCK", 12)
    np.testing.assert_allclose(trainer.gradient_norms(X, y, random_weights(50)), whole, rtol=1e-13)
    assert row_norms.BLOCK == 1024


def test_nothing_changes_and_bad_data_are_refused():
    trainer, X, y = deep()
    before = trainer.model.network.parameters.copy()
    trainer.gradient_norms(X, y)
    assert (trainer.model.network.parameters == before).all() and trainer.steps == 0
    with pytest.raises(ValueError, match="y has"):
        trainer.gradient_norms(X, y[:3])
