"""gelu, gelu by a tanh, silu, mish, hard swish: numbers to check by hand, and the bounds that `kernels/curves` states."""

import math

import mpmath
import numpy as np
import pytest
from curve import Curve, check_bounds, errors, exact

import fastbp
from fastbp.activations import ACTIVATIONS

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
NAMES = ["gelu", "gelu_tanh", "silu", "mish", "hard_swish"]
DENSITY = 0.24197072451914337  # of the normal distribution at 1
P = 0.8413447460685429  # of a number below 1
L = math.log(2)
# Activation, logits, values, derivatives.
BY_HAND = [
    (fastbp.GELU(), [1, -1, 0], [P, P - 1, 0], [P + DENSITY, 1 - P - DENSITY, 0.5]),
    (fastbp.GELUTanh(), [1, -1, 0], [0.8411919906082768, -0.15880800939172324, 0], [1.0829640838457826, -0.0829640838457826, 0.5]),
    (fastbp.SiLU(), [L, -L, 0], [2 * L / 3, -L / 3, 0], [2 / 3 + 2 * L / 9, 1 / 3 - 2 * L / 9, 0.5]),
    # tanh(log(3)) is 8 / 10, tanh(log(2)) 3 / 5.
    (fastbp.Mish(), [L, 0], [0.8 * L, 0], [0.8 + L * 0.36 * 2 / 3, 0.6]),
    (fastbp.HardSwish(), [-4, -1.5, 0, 1.5, 4], [0, -0.375, 0, 1.125, 4], [0, 0, 0.5, 1, 1]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("activation", "z", "values", "slopes"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "code") else "")
def test_numbers_to_check_by_hand(activation, z, values, slopes, dtype):
    found = Curve(activation, dtype)(np.array(z, dtype), 0.5)
    np.testing.assert_allclose(found, np.array([values, np.multiply(0.5, slopes)]), rtol=0, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_values_and_derivatives_stay_within_their_bounds(name, dtype):
    for case in ACTIVATIONS[name].cases():
        check_bounds(case, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu", "mish"])
def test_derivatives_keep_their_digits_far_below_0(name, dtype):
    """Where they are as small as the values: the rounding of what is in an exponential is what is left."""
    activation, z = ACTIVATIONS[name](), np.linspace(-9, -4, 400).astype(dtype)
    _, slopes = Curve(activation, dtype)(z)
    with mpmath.workprec(110):
        _, wanted = exact(activation, z)
    # The logarithm of a gate by a normal distribution falls like z**2.
    powers = 2 if name.startswith("gelu") else 1
    assert errors(z, slopes, wanted, np.abs(z.astype(float)) ** powers * wanted.high).max() <= 4


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_numbers_pass_or_vanish_and_nan_stays(dtype):
    large = float(np.finfo(dtype).max) / 4
    for name in NAMES:
        values, slopes = Curve(ACTIVATIONS[name](), dtype)(np.array([large, 200, -200, -large, np.nan], dtype))
        # exp(-200) is a number in float64.
        np.testing.assert_allclose(values, np.array([large, 200, 0, 0, np.nan], dtype), rtol=0, atol=1e-80)
        assert np.isfinite(slopes[:4]).all() and np.isnan(slopes[4])
