"""elu, celu, selu, softplus, exponential: numbers to check by hand, and the bounds that `kernels/curves` states."""

import math

import numpy as np
import pytest
from curve import Curve, check_bounds

import fastbp
from fastbp.activations import ACTIVATIONS

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
NAMES = ["elu", "celu", "selu", "softplus", "exponential"]
# At log(2), at minus that, at 0: values, derivatives.
L, SCALE, ALPHA = math.log(2), 1.0507009873554805, 1.6732632423543772
BY_HAND = [
    (fastbp.ELU(), [L, -0.5, 0], [1, 0.5, 1]),
    (fastbp.ELU(3.0), [L, -1.5, 0], [1, 1.5, 3]),
    (fastbp.CELU(0.5), [L, -0.375, 0], [1, 0.25, 1]),
    (fastbp.SELU(), [SCALE * L, -SCALE * ALPHA / 2, 0], [SCALE, SCALE * ALPHA / 2, SCALE * ALPHA]),
    (fastbp.Softplus(), [math.log(3), math.log(1.5), L], [2 / 3, 1 / 3, 1 / 2]),
    (fastbp.Softplus(2.0), [math.log(5) / 2, math.log(1.25) / 2, L / 2], [4 / 5, 1 / 5, 1 / 2]),
    (fastbp.Exponential(), [2, 0.5, 1], [2, 0.5, 1]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("activation", "values", "slopes"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "code") else "")
def test_numbers_to_check_by_hand(activation, values, slopes, dtype):
    found = Curve(activation, dtype)(np.array([L, -L, 0], dtype), -4.0)
    wanted = np.array([values, np.multiply(-4.0, slopes)])
    np.testing.assert_allclose(found, wanted, rtol=4 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_values_and_derivatives_stay_within_their_bounds(name, dtype):
    for case in ACTIVATIONS[name].cases():
        check_bounds(case, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_infinity_and_nan(dtype):
    z = np.array([-np.inf, np.inf, np.nan], dtype)
    lows = [
        (fastbp.ELU(3.0), -3),
        (fastbp.CELU(3.0), -3),
        (fastbp.SELU(), -SCALE * ALPHA),
        (fastbp.Softplus(), 0),
        (fastbp.Exponential(), 0),
    ]
    for activation, low in lows:
        values, _ = Curve(activation, dtype)(z)
        np.testing.assert_allclose(values, np.array([low, np.inf, np.nan], dtype), rtol=np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_exponential_is_infinite_where_it_is_too_large(dtype):
    largest = dtype(np.log(np.longdouble(np.finfo(dtype).max)))
    values, _ = Curve(fastbp.Exponential(), dtype)(np.array([largest * dtype(0.999), largest * dtype(1.001)], dtype))
    assert np.isfinite(values[0]) and values[1] == np.inf
