"""Dropout and noise: which units are left out, how many, and that nothing else is changed."""

import numpy as np
import pytest

import fastbp
from fastbp._random import random_key
from fastbp.compiling.jit import DISABLED
from fastbp.kernels.drawn import draw
from fastbp.kernels.dropout import INPUTS, NOISE
from fastbp.kernels.dropout import UNITS as HIDDEN

pytestmark = pytest.mark.kernels

DTYPES = "float32", "float64"
UNITS, ROWS = (16, 16) if DISABLED else (64, 48)


def drawn(seed, step, purpose, units, normal=False, dtype="float64"):
    """Numbers (ROWS, units)."""
    out = np.zeros(units * ROWS, dtype)
    draw(out, random_key(seed), step, purpose, units, normal)
    return out.reshape(units, ROWS).T


def mask(rate, numbers):
    return np.where(numbers < rate, 0.0, 1 / (1 - rate))


def linear(**between):
    """A net whose output is the mean of its hidden units, each of them the sum of the inputs."""
    init = [np.ones((3, UNITS)), np.full((UNITS, 1), 1 / UNITS)], [np.zeros(UNITS), np.zeros(1)]
    return fastbp.MLP([3, UNITS, 1], activation="identity", init=init, dtype="float64", **between)


def trainer_of(model, seed=5):
    return fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(1e-15), batch_size=None, shuffle=False, seed=seed)


@pytest.mark.parametrize("rows", [1, 5, 8, 9, ROWS])
@pytest.mark.parametrize("step", [0, 3])
def test_units_are_left_out_by_seed_step_layer_row_and_unit(rows, step):
    X = np.random.default_rng(0).uniform(1, 2, (rows, 3))
    trainer = trainer_of(linear(dropout=0.25))
    for _ in range(step):
        trainer.step(X[:1], np.zeros((1, 1)))
    kept = mask(0.25, drawn(5, step, HIDDEN, UNITS))[:rows]
    wanted = ((X.sum(1) * kept.mean(1)) ** 2).mean()
    assert trainer.loss_and_gradients(X, np.zeros((rows, 1)))[0] == pytest.approx(wanted, rel=1e-6)
    assert trainer.step(X, np.zeros((rows, 1))) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("rows", [5, ROWS])
def test_inputs_get_noise_and_are_left_out(rows):
    X = np.random.default_rng(0).uniform(1, 2, (rows, 3))
    trainer = trainer_of(linear(input_dropout=0.5, input_noise=0.1))
    noise, kept = drawn(5, 0, NOISE, 3, normal=True), mask(0.5, drawn(5, 0, INPUTS, 3))
    wanted = ((((X + 0.1 * noise[:rows]) * kept[:rows]).sum(1)) ** 2).mean()
    assert trainer.loss_and_gradients(X, np.zeros((rows, 1)))[0] == pytest.approx(wanted, rel=1e-9)
    # The data are as they were, and predictions without either.
    np.testing.assert_allclose(trainer.model.predict(X)[:, 0], X.sum(1))
    assert trainer.evaluate(X, np.zeros((rows, 1)))["loss"] == pytest.approx((X.sum(1) ** 2).mean())


def test_both_types_leave_out_the_same_units():
    wide, narrow = (drawn(1, 2, HIDDEN, UNITS, dtype=dtype) for dtype in ("float64", "float32"))
    assert np.array_equal(wide, narrow)


@pytest.mark.skipif(DISABLED, reason="takes many numbers")
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_about_the_share_is_left_out_anew_in_each_step(rate):
    masks = np.array([mask(rate, drawn(7, step, HIDDEN + layer, UNITS)) for step in range(8) for layer in range(3)])
    deviation = np.sqrt(rate * (1 - rate) / masks.size)
    assert abs((masks == 0).mean() - rate) < 4 * deviation
    assert len({each.tobytes() for each in masks}) == len(masks)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_net_with_dropout_learns(dtype):
    if DISABLED:
        pytest.skip("takes many steps")
    X = np.random.default_rng(0).normal(size=(300, 4)).astype(dtype)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    model = fastbp.MLP([4, 64, 32, 2], activation="relu", dropout=0.2, dtype=dtype, seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.Adam(0.01), batch_size=32, seed=0)
    trainer.fit(X, y, epochs=30)
    assert trainer.evaluate(X, y)["accuracy"] > 0.95
