"""relu6, hard sigmoid, hard tanh, softsign: numbers to check by hand, and the bounds that `kernels/curves` states."""

import numpy as np
import pytest
from curve import Curve, check_bounds

import fastbp
from fastbp.activations import ACTIVATIONS

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
NAMES = ["relu6", "hard_sigmoid", "hard_tanh", "softsign"]
# Activation, logits, values, twice the derivatives.
BY_HAND = [
    (fastbp.ReLU6(), [-1, 0, 0.5, 5.5, 6, 7], [0, 0, 0.5, 5.5, 6, 6], [0, 0, 2, 2, 0, 0]),
    (fastbp.HardSigmoid(), [-4, -3, 0, 1.5, 3, 4], [0, 0, 0.5, 0.75, 1, 1], [0, 0, 1 / 3, 1 / 3, 0, 0]),
    (fastbp.HardTanh(), [-2, -1, -0.5, 0, 1, 2], [-1, -1, -0.5, 0, 1, 1], [0, 0, 2, 2, 0, 0]),
    (fastbp.HardTanh(0.25, 4.0), [-2, 0.25, 0.5, 3, 4, 5], [0.25, 0.25, 0.5, 3, 4, 4], [0, 0, 2, 2, 0, 0]),
    (fastbp.Softsign(), [-3, -1, 0, 1, 3], [-0.75, -0.5, 0, 0.5, 0.75], [0.125, 0.5, 2, 0.5, 0.125]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("activation", "z", "values", "slopes"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "code") else "")
def test_numbers_to_check_by_hand(activation, z, values, slopes, dtype):
    found = Curve(activation, dtype)(np.array(z, dtype), 2.0)
    np.testing.assert_allclose(found, np.array([values, slopes]), rtol=np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_values_and_derivatives_stay_within_their_bounds(name, dtype):
    for case in ACTIVATIONS[name].cases():
        check_bounds(case, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_infinity_and_nan(dtype):
    z = np.array([-np.inf, np.inf, np.nan], dtype)
    for activation, low, high in [(fastbp.ReLU6(), 0, 6), (fastbp.HardSigmoid(), 0, 1), (fastbp.HardTanh(-2.0, 3.0), -2, 3)]:
        values, slopes = Curve(activation, dtype)(z)
        np.testing.assert_array_equal(values, np.array([low, high, np.nan], dtype))
        assert (slopes[:2] == 0).all()
