"""Value and slope of each loss that is a mean over outputs: alone, for each type, beside mpmath's digits where they are hard to keep."""

import mpmath
import numpy as np
import pytest
from one_output import losses_and_slopes

import fastbp
from fastbp.kernels import codes, errors
from fastbp.losses import LOSSES

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
CASES = [case for cls in LOSSES.values() for case in cls.cases() if case.elementwise and case.code not in codes.CORE_LOSSES]


def test_these_are_all():
    assert {case.code for case in CASES} == set(errors.ELEMENTWISE) - set(codes.CORE_LOSSES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", CASES, ids=str)
def test_value_and_slope_of_one_output_follow_the_formula(loss, dtype):
    z = np.linspace(-6, 6, 41).astype(dtype)
    t = loss.reference_targets(np.random.default_rng(0), z.size, 1)[:, 0].astype(dtype)
    values, slopes = losses_and_slopes(loss, z, t, dtype)
    wanted = loss.reference(z[:, np.newaxis].astype(float), t[:, np.newaxis].astype(float), fastbp.Identity())
    eps = float(np.finfo(dtype).eps)
    scale = 1 + np.abs(z) + np.abs(wanted[0])
    assert (np.abs(values - wanted[0]) <= 8 * eps * scale).all() and (np.abs(slopes - wanted[1][:, 0]) <= 8 * eps * scale).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", CASES, ids=str)
def test_a_logit_that_is_nan_is_not_hidden(loss, dtype):
    """By value or by slope: nothing compares with NaN."""
    model = fastbp.MLP([1, 1], output_activation="identity", init=([[[1.0]]], [[0.0]]), dtype=dtype)
    trainer = fastbp.Trainer(model, loss=loss, threads=1)
    model.weights[0][0, 0] = np.nan
    value, _, (slope,) = trainer.loss_and_gradients([[1.0]], [[1.0]])
    assert np.isnan(value) or np.isnan(slope).all(), loss


@pytest.mark.parametrize("dtype", DTYPES)
def test_weighted_cross_entropy_keeps_the_digits_of_sure_answers(dtype):
    z, eps = np.linspace(-60, 60, 61).astype(dtype), float(np.finfo(dtype).eps)
    values, slopes = losses_and_slopes(fastbp.BinaryCrossEntropy(pos_weight=3.0), z, np.ones(z.size), dtype)
    with mpmath.workdps(60):
        wanted = [float(3 * mpmath.log1p(mpmath.exp(-mpmath.mpf(float(each))))) for each in z]
        derivatives = [float(-3 / (1 + mpmath.exp(mpmath.mpf(float(each))))) for each in z]
    np.testing.assert_allclose(values, wanted, rtol=16 * eps, atol=0)
    np.testing.assert_allclose(slopes, derivatives, rtol=16 * eps, atol=0)
