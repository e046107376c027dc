"""Hinge, squared hinge and focal: numbers to check by hand, digits, targets and accuracy."""

from math import log

import mpmath
import numpy as np
import pytest
from one_output import losses_and_slopes

import fastbp
from fastbp.verification.problems import random_inputs, random_model

DTYPES = ["float32", "float64"]
NAMES = ["hinge", "squared_hinge", "focal"]
# At z = 0 the probability is 1/2, at log 3 it is 3/4.
BY_HAND = [
    (fastbp.Hinge(), [0, 0.5, 1, 2, 0, -1, -3, 2], [1, 1, 1, 1, 0, 0, 0, 0], [1, 0.5, 0, 0, 1, 0, 0, 3], [-1, -1, 0, 0, 1, 0, 0, 1]),
    (fastbp.SquaredHinge(), [0, 0.5, 1, 2, 0, -1, 2], [1, 1, 1, 1, 0, 0, 0], [1, 0.25, 0, 0, 1, 0, 9], [-2, -1, 0, 0, 2, 0, 6]),
    (fastbp.Focal(0.0), [0, log(3)], [1, 0], [log(2), log(4)], [-0.5, 0.75]),
    (fastbp.Focal(), [0, log(3)], [0, 1], [log(2) / 4, log(4 / 3) / 16], [(0.5 + log(2)) / 4, -(0.25 + 1.5 * log(4 / 3)) / 16]),
    (fastbp.Focal(0.0, 0.25), [0, 0], [1, 0], [log(2) / 4, 3 * log(2) / 4], [-0.125, 0.375]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "z", "t", "values", "slopes"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "code") else "")
def test_numbers_to_check_by_hand(loss, z, t, values, slopes, dtype):
    eps = float(np.finfo(dtype).eps)
    for targets in (np.array(t), 2 * np.array(t) - 1):
        np.testing.assert_allclose(losses_and_slopes(loss, z, targets, dtype), [values, slopes], rtol=16 * eps, atol=eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_focal_keeps_its_digits_for_answers_that_are_sure(gamma, dtype):
    """Within 16 ULP times what the exponent, gamma log p, is."""
    eps, z = float(np.finfo(dtype).eps), np.linspace(-12, 12, 97).astype(dtype)
    values, slopes = losses_and_slopes(fastbp.Focal(gamma), z, np.ones(z.size), dtype)
    with mpmath.workdps(40):
        p = [1 / (1 + mpmath.exp(-mpmath.mpf(float(each)))) for each in z]
        wanted = np.array([float(-((1 - each) ** gamma) * mpmath.log(each)) for each in p])
        derivatives = np.array([float((1 - each) ** gamma * (gamma * each * mpmath.log(each) - (1 - each))) for each in p])
    limit = 16 * eps * (1 + gamma * np.log1p(np.exp(z.astype(float))))
    assert (np.abs(values - wanted) <= limit * np.abs(wanted)).all()
    assert (np.abs(slopes - derivatives) <= limit * np.abs(derivatives)).all()


@pytest.mark.parametrize("loss", NAMES)
def test_the_far_wrong_side_gives_finite_numbers(loss):
    for z in (-1e4, 1e4):
        values, slopes = losses_and_slopes(loss, [z, z], [0, 1], "float32")
        assert np.isfinite(values).all() and np.isfinite(slopes).all() and values.max() >= 1e4 * 0.99 and values.min() == 0


@pytest.mark.parametrize("loss", NAMES)
@pytest.mark.parametrize("sides", [False, True])
def test_accuracy_counts_outputs_on_their_side(loss, sides):
    X, t = random_inputs(50, 4), np.random.default_rng(5).integers(0, 2, (50, 3))
    trainer = fastbp.Trainer(random_model([4, 5, 3]), loss=loss)
    border = 0.5 if loss == "focal" else 0.0
    right = (trainer.model.predict(X) > border) == t
    assert trainer.evaluate(X, 2 * t - 1 if sides else t)["accuracy"] == pytest.approx(right.mean(), rel=1e-12)
    # Training goes the same way with both.
    losses = [fastbp.Trainer(random_model([4, 5, 3]), loss=loss, seed=0).fit(X, y, epochs=3).loss for y in (t, 2 * t - 1, t > 0)]
    assert losses[0] == losses[1] == losses[2]


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([0, 2], ValueError, r"y\[1, 0\] is 2; targets of {}, 0 and 1 or -1 and 1, lie between -1 and 1"),
        ([0.5, 1], ValueError, r"y\[0, 0\] is 0\.5; targets of {} are 0 and 1, or -1 and 1"),
        ([-1, 0], ValueError, r"y\[1, 0\] is 0; targets of {} are"),
        ([np.nan, 1], ValueError, r"y\[0, 0\] is nan"),
        (["no", "yes"], TypeError, r"for names of classes make the model with classes=\[\.\.\.\]"),
    ],
)
@pytest.mark.parametrize("loss", NAMES)
def test_targets_that_are_none_are_refused(loss, y, error, message):
    with pytest.raises(error, match=message.format(loss)):
        fastbp.Trainer(fastbp.MLP([1, 1]), loss=loss).evaluate([[0.0], [1.0]], y)


def test_settings_and_outputs_are_checked():
    for settings in ({"gamma": -1}, {"alpha": 0}, {"alpha": 1}, {"gamma": np.inf}):
        with pytest.raises(ValueError, match=f"{next(iter(settings))} is"):
            fastbp.Focal(**settings)
    with pytest.raises(ValueError, match="loss='hinge' goes with output_activation identity; the model has sigmoid"):
        fastbp.Trainer(fastbp.MLP([2, 1], output_activation="sigmoid"), loss="hinge")
    assert (str(fastbp.Focal()), str(fastbp.Focal(1, 0.5)), repr(fastbp.Focal())) == (
        "focal", "focal(1, 0.5)", "Focal(gamma=2.0, alpha=None)",
    )  # fmt: skip
