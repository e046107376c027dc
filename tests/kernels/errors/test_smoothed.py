"""Smoothed cross-entropy: of labels and of rows of probabilities, in numbers to check by hand."""

from math import log

import numpy as np
import pytest

import fastbp
from fastbp.verification.problems import random_inputs, random_model, random_targets

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]


def found(smoothing, logits, y, dtype):
    n = len(logits[0])
    model = fastbp.MLP([n, n], output_activation="identity", init=([np.eye(n)], [np.zeros(n)]), dtype=dtype)
    loss, _, (slopes,) = fastbp.Trainer(model, loss=fastbp.CrossEntropy(smoothing), threads=1).loss_and_gradients(logits, y)
    return loss, slopes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("y", [[0], [[1.0, 0.0]]], ids=["label", "probabilities"])
def test_numbers_to_check_by_hand(y, dtype):
    # p = 3/4 and 1/4; the target 0.9 and 0.1.
    loss, slopes = found(0.2, [[log(3), 0.0]], y, dtype)
    assert loss == pytest.approx(0.9 * log(4 / 3) + 0.1 * log(4), rel=1e-6)
    assert slopes == pytest.approx([-0.15, 0.15], rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [1, 5, 40])
def test_labels_are_rows_with_a_one_and_these_are_smoothed_rows_of_the_plain_loss(rows, dtype):
    X, labels = random_inputs(rows, 4, dtype=dtype), np.arange(rows) % 3
    model, rtol = random_model([4, 6, 3], dtype=dtype), 32 * float(np.finfo(dtype).eps)
    smoothed, plain = (fastbp.Trainer(model, loss=loss, threads=1) for loss in (fastbp.CrossEntropy(0.3), "cross_entropy"))
    wanted = plain.loss_and_gradients(X, 0.7 * np.eye(3)[labels] + 0.1)
    for y in (labels, np.eye(3)[labels], labels[:, np.newaxis]):
        loss, weights, biases = smoothed.loss_and_gradients(X, y)
        assert loss == pytest.approx(wanted[0], rel=rtol)
        for one, other in zip([*weights, *biases], [*wanted[1], *wanted[2]], strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=rtol)


def test_without_smoothing_it_is_the_kernel_that_all_have():
    X, t, model = random_inputs(9, 4), random_targets("cross_entropy", 9, 3), random_model([4, 6, 3])
    one, other = (fastbp.Trainer(model, loss=loss) for loss in (fastbp.CrossEntropy(0.0), "cross_entropy"))
    assert one.loss.code == other.loss.code and one.loss_and_gradients(X, t)[0] == other.loss_and_gradients(X, t)[0]


def test_huge_logits_are_no_infinity():
    loss, slopes = found(0.1, [[1e4, -1e4, 0.0]], [1], "float32")
    assert loss == pytest.approx((0.9 + 0.1 / 3) * 2e4 + 0.1 / 3 * 1e4, rel=1e-6) and np.isfinite(slopes).all()


def test_settings_are_checked():
    for smoothing, error in ((1.0, ValueError), (-0.1, ValueError), ("0.1", TypeError)):
        with pytest.raises(error, match="label_smoothing is"):
            fastbp.CrossEntropy(smoothing)
