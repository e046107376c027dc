"""The squared error as a sum of squares: with weights of rows, missing targets, and more rows than are taken at a time."""

import numpy as np
import pytest

import fastbp
from fastbp.jacobian import BLOCK, Jacobian
from fastbp.training.least_squares import LeastSquares

RANDOM = np.random.default_rng(0)
ROWS = 2 * BLOCK + 5
X = RANDOM.normal(size=(ROWS, 3))
TARGETS = RANDOM.normal(size=(ROWS, 2))
WEIGHTS = RANDOM.uniform(0.1, 3, ROWS)


def of(trainer, targets=TARGETS, weights=None):
    rows = trainer.run.check(X, targets, weights)
    return LeastSquares(Jacobian(trainer.model.network, trainer.model.activations), rows)


def make(**settings):
    model = fastbp.MLP([3, 4, 2], activation="tanh", dtype="float64", seed=0)
    return fastbp.Trainer(model, loss="squared_error", **settings)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_loss_and_gradient_are_those_of_the_trainer(weights):
    trainer = make()
    found = of(trainer, weights=weights)
    squares = found.squares(1)
    loss, dW, db = trainer.loss_and_gradients(X, TARGETS, weights)
    assert squares.loss == found.loss() == pytest.approx(loss, rel=1e-12)
    gradient = np.concatenate([part.ravel() for both in zip(dW, db, strict=True) for part in both])
    np.testing.assert_allclose(2 * squares.slope, gradient, rtol=1e-10, atol=1e-14)


def test_the_products_are_those_of_the_whole_jacobian_and_symmetric():
    trainer = make()
    squares = of(trainer, weights=WEIGHTS).squares(1)
    derivatives = Jacobian(trainer.model.network, trainer.model.activations).of(X)[1]
    J = (derivatives * np.sqrt(WEIGHTS / WEIGHTS.mean() / ROWS / 2)[:, np.newaxis, np.newaxis]).reshape(2 * ROWS, -1)
    np.testing.assert_allclose(squares.products, J.T @ J, rtol=1e-10, atol=1e-14)
    assert np.array_equal(squares.products, squares.products.T)


def test_missing_targets_lose_nothing_and_pull_at_nothing():
    trainer, missing = make(missing_targets="ignore"), TARGETS.copy()
    missing[::3, 0] = np.nan
    squares = of(trainer, missing).squares(1)
    assert squares.loss == pytest.approx(trainer.evaluate(X, missing)["loss"], rel=1e-12)
    dW = trainer.loss_and_gradients(X, missing)[1]
    np.testing.assert_allclose(2 * squares.slope[: dW[0].size], dW[0].ravel(), rtol=1e-9, atol=1e-14)


def test_tasks_change_no_bit():
    one, two = (of(make()).squares(tasks) for tasks in (1, 2))
    assert one.loss == two.loss and np.array_equal(one.slope, two.slope) and np.array_equal(one.products, two.products)
