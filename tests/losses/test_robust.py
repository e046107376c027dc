"""Absolute error, Huber and log-cosh: numbers to check by hand, and digits of small and of large errors."""

from math import cosh, log, tanh

import mpmath
import numpy as np
import pytest
from one_output import losses_and_slopes

import fastbp

DTYPES = ["float32", "float64"]
# Loss, errors of predictions 0.25 + e on targets 0.25, values, slopes.
BY_HAND = [
    (fastbp.AbsoluteError(), [-2, -0.5, 0, 0.5, 4], [2, 0.5, 0, 0.5, 4], [-1, -1, 0, 1, 1]),
    (fastbp.Huber(), [-3, -1, -0.5, 0, 1, 3], [2.5, 0.5, 0.125, 0, 0.5, 2.5], [-1, -1, -0.5, 0, 1, 1]),
    (fastbp.Huber(0.5), [-2, -0.5, 0.25, 1], [0.875, 0.125, 0.03125, 0.375], [-0.5, -0.5, 0.25, 0.5]),
    (fastbp.LogCosh(), [-1, 0, 0.5, 2], [log(cosh(1)), 0, log(cosh(0.5)), log(cosh(2))], [-tanh(1), 0, tanh(0.5), tanh(2)]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "errors", "values", "slopes"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "code") else "")
def test_numbers_to_check_by_hand(loss, errors, values, slopes, dtype):
    errors = np.array(errors)
    found = losses_and_slopes(loss, 0.25 + errors, np.full(errors.size, 0.25), dtype)
    np.testing.assert_allclose(found, [values, slopes], rtol=8 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_cosh_keeps_its_digits_for_errors_of_every_size(dtype):
    """Within 8 ULP, where log(cosh(e)) would lose all digits below 1e-4 and overflow beyond 89."""
    eps, sizes = float(np.finfo(dtype).eps), np.geomspace(1e-12, 1e6, 400).astype(dtype)
    sizes = np.concatenate([sizes, np.array([0.7999, 0.8, 0.8001, 0.999, 1.0, 1.001], dtype)])
    for errors in (sizes, -sizes):
        values, slopes = losses_and_slopes(fastbp.LogCosh(), errors, np.zeros_like(errors), dtype)
        with mpmath.workdps(40):
            wanted = [float(mpmath.log(mpmath.cosh(mpmath.mpf(float(e))))) for e in errors]
            derivatives = [float(mpmath.tanh(mpmath.mpf(float(e)))) for e in errors]
        np.testing.assert_allclose(values, wanted, rtol=8 * eps, atol=0)
        np.testing.assert_allclose(slopes, derivatives, rtol=8 * eps, atol=0)


@pytest.mark.parametrize("loss", [fastbp.AbsoluteError(), fastbp.Huber(), fastbp.LogCosh()], ids=str)
def test_an_outlier_pulls_with_a_bounded_force(loss):
    _, slopes = losses_and_slopes(loss, np.array([1e3, 1e6, -1e6]), np.zeros(3), "float64")
    assert slopes.tolist() == [1, 1, -1]


def test_the_median_makes_the_absolute_error_least():
    y = np.array([0.0, 1.0, 2.0, 50.0, 1000.0])
    model = fastbp.MLP([1, 1], init=([[[0.0]]], [[0.0]]), dtype="float64")
    trainer = fastbp.Trainer(model, loss="absolute_error", optimizer=fastbp.SGD(fastbp.PolynomialDecay(0.5)), batch_size=None)
    trainer.fit(np.zeros((5, 1)), y, epochs=400)
    assert model.biases[0][0] == pytest.approx(2, abs=0.01)


def test_settings_are_checked():
    for delta, error in ((0, ValueError), (-1, ValueError), (np.nan, ValueError), ("1", TypeError)):
        with pytest.raises(error, match="delta is"):
            fastbp.Huber(delta)
    with pytest.raises(ValueError, match=r"delta is 1e\+39; expected a number within the range of float32"):
        fastbp.Trainer(fastbp.MLP([2, 1]), loss=fastbp.Huber(1e39))
