"""Poisson and gamma: numbers to check by hand, digits, and what their minima are."""

from math import exp, log

import mpmath
import numpy as np
import pytest
from one_output import losses_and_slopes

import fastbp

DTYPES = ["float32", "float64"]
BY_HAND = [
    (fastbp.Poisson(), [0, 0, log(2), log(2), -1], [0, 3, 2, 0, 1], [1, 1, 2 - 2 * log(2), 2, exp(-1) + 1], [1, -2, 0, 2, exp(-1) - 1]),
    (fastbp.Gamma(), [0, 0, log(2), 1], [1, 3, 2, 0.5], [1, 3, 1 + log(2), 0.5 * exp(-1) + 1], [0, -2, 0, 1 - 0.5 * exp(-1)]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("output", ["exponential", "identity"])
@pytest.mark.parametrize(("loss", "z", "t", "values", "slopes"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "code") else "")
def test_numbers_to_check_by_hand(loss, z, t, values, slopes, output, dtype):
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(losses_and_slopes(loss, z, t, dtype, output), [values, slopes], rtol=8 * eps, atol=4 * eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_poisson_keeps_its_digits_for_small_and_large_means(dtype):
    """Within 8 ULP of the larger of its two terms, and 8 ULP of the mean or the target for the slope."""
    z = np.concatenate([np.linspace(-80, 80, 161), np.geomspace(1e-6, 1, 20)]).astype(dtype)
    eps = float(np.finfo(dtype).eps)
    for target in (0.0, 1.0, 37.0):
        values, slopes = losses_and_slopes(fastbp.Poisson(), z, np.full(z.size, target), dtype)
        with mpmath.workdps(60):
            means = [mpmath.exp(mpmath.mpf(float(each))) for each in z]
            wanted = np.array([float(mean - target * float(each)) for mean, each in zip(means, z, strict=True)])
            derivatives = np.array([float(mean - target) for mean in means])
            means = np.array([float(mean) for mean in means])
        assert (np.abs(values - wanted) <= 8 * eps * np.maximum(means, np.abs(target * z))).all()
        assert (np.abs(slopes - derivatives) <= 8 * eps * np.maximum(means, target)).all()


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_the_mean_of_the_targets_makes_them_least(loss):
    y = np.array([1.0, 2.0, 3.0, 10.0])
    model = fastbp.MLP([1, 1], init=([[[0.0]]], [[0.0]]), dtype="float64")
    fastbp.Trainer(model, loss=loss, optimizer=fastbp.SGD(0.1), batch_size=None).fit(np.zeros((4, 1)), y, epochs=500)
    assert model.output_activation.name == "exponential" and model.predict([[0.0]])[0, 0] == pytest.approx(4, rel=1e-9)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("poisson", [1.0, -1.0], r"y\[1, 0\] is -1\.0; targets of poisson lie between 0"),
        ("poisson", [np.nan, 1.0], r"y\[0, 0\] is nan"),
        ("poisson", [np.inf, 1.0], r"y\[0, 0\] is inf"),
        ("gamma", [1.0, 0.0], r"y\[1, 0\] is 0\.0; targets of gamma lie between 1\.175.*e-38"),
        ("gamma", [1.0, -2.0], r"y\[1, 0\] is -2\.0"),
        ("poisson", [[1.0, 2.0], [3.0, 4.0]], r"y has shape \(2, 2\)"),
    ],
)
def test_targets_that_are_none_are_refused(loss, y, message):
    with pytest.raises(ValueError, match=message):
        fastbp.Trainer(fastbp.MLP([1, 1]), loss=loss).evaluate([[0.0], [1.0]], y)


def test_counts_may_be_integers_of_any_type():
    trainer = fastbp.Trainer(fastbp.MLP([1, 1], seed=0), loss="poisson")
    found = {trainer.evaluate([[0.0], [1.0]], np.array([0, 3], kind))["loss"] for kind in ("u1", "i4", "i8", "f4", "f8")}
    assert len(found) == 1


@pytest.mark.parametrize("kind", ["i8", "i4", "f4", "f8"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_amount_is_refused_whatever_its_type(dtype, kind):
    trainer = fastbp.Trainer(fastbp.MLP([1, 1], dtype=dtype), loss="gamma")
    with pytest.raises(ValueError, match=r"y\[1, 0\] is 0(\.0)?; targets of gamma lie between"):
        trainer.evaluate([[0.0], [1.0]], np.array([1, 0], kind))
    assert np.isfinite(trainer.evaluate([[0.0], [1.0]], np.array([1, 2], kind))["loss"])
