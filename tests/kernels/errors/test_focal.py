"""Focal loss over a softmax: of labels and of rows of probabilities, in numbers to check by hand, and where the model is sure."""

from math import log

import mpmath
import numpy as np
import pytest

import fastbp
from fastbp.verification.problems import random_inputs, random_model

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]


def found(loss, logits, y, dtype):
    n = len(logits[0])
    model = fastbp.MLP([n, n], output_activation="identity", init=([np.eye(n)], [np.zeros(n)]), dtype=dtype)
    value, _, (slopes,) = fastbp.Trainer(model, loss=loss, threads=1).loss_and_gradients(np.asarray(logits, dtype), y)
    return value, slopes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("y", [[0], [[1.0, 0.0]]], ids=["label", "probabilities"])
def test_numbers_to_check_by_hand(y, dtype):
    # p = 3/4 and 1/4: the loss 2 (1/4)**2 log(4/3), by p_0 -2 (1/2 log(4/3) + 1/16 * 4/3), by the logits p_0 p_1 of that.
    value, slopes = found(fastbp.CategoricalFocal(2, (2.0, 5.0)), [[log(3), 0.0]], y, dtype)
    assert value == pytest.approx(log(4 / 3) / 8, rel=1e-6)
    wanted = -2 * (log(4 / 3) / 2 + 1 / 12) * 3 / 16
    assert slopes == pytest.approx([wanted, -wanted], rel=2e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [1, 5, 40])
def test_labels_are_rows_with_a_one(rows, dtype):
    X, labels, rtol = random_inputs(rows, 4, dtype=dtype), np.arange(rows) % 3, 64 * float(np.finfo(dtype).eps)
    trainer = fastbp.Trainer(random_model([4, 6, 3], dtype=dtype), loss=fastbp.CategoricalFocal(1.5, [1, 2, 0.5]), threads=1)
    wanted, *gradients = trainer.loss_and_gradients(X, np.eye(3)[labels])
    value, *others = trainer.loss_and_gradients(X, labels)
    assert value == pytest.approx(wanted, rel=rtol)
    for one, other in zip([*gradients[0], *gradients[1]], [*others[0], *others[1]], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=rtol)


@pytest.mark.parametrize("rows", [1, 9])
def test_without_an_exponent_it_is_cross_entropy(rows):
    X, labels, model = random_inputs(rows, 4), np.arange(rows) % 3, random_model([4, 6, 3])
    one, other = (fastbp.Trainer(model, loss=loss) for loss in (fastbp.CategoricalFocal(0), "cross_entropy"))
    assert one.loss_and_gradients(X, labels)[0] == pytest.approx(other.loss_and_gradients(X, labels)[0], rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_answers_that_are_sure(gamma, dtype):
    """As 1 - p is a difference of numbers near 1, it has their rounding; the loss of such answers is small beside that."""
    eps = float(np.finfo(dtype).eps)
    for z in np.linspace(-12, 12, 25):
        value, slopes = found(fastbp.CategoricalFocal(gamma), [[z, 0.0]], [0], dtype)
        with mpmath.workdps(40):
            p = 1 / (1 + mpmath.exp(-mpmath.mpf(float(np.asarray(z, dtype)))))
            wanted = float(-((1 - p) ** gamma) * mpmath.log(p))
            slope = float((1 - p) ** gamma * (gamma * p * mpmath.log(p) - (1 - p)))
        # What an error of 2 eps in 1 - p and in -log p makes of the value, and of the slope, beside their own rounding.
        rest = float(1 - p) + 4 * eps
        spread = 4 * eps * (gamma + 1) * rest ** max(gamma, 0.0)
        limit = 16 * eps * (1 + gamma * np.log1p(np.exp(abs(z))))
        assert abs(value - wanted) <= limit * abs(wanted) + spread
        for found_slope in (slopes[0], -slopes[1]):
            assert abs(found_slope - slope) <= limit * abs(slope) + (1 + gamma) * spread


def test_the_far_sides_are_no_infinity():
    value, slopes = found(fastbp.CategoricalFocal(), [[1e4, -1e4, 0.0]], [1], "float32")
    assert value == pytest.approx(2e4, rel=1e-6) and np.isfinite(slopes).all()
    value, slopes = found(fastbp.CategoricalFocal(), [[1e4, -1e4, 0.0]], [0], "float32")
    assert value == 0 and not slopes.any()
