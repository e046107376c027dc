"""Activations that end at a bound: their settings, and their formulas in numbers to check by hand."""

import numpy as np
import pytest

import fastbp


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, -1.0), (1, -1)])
def test_bounds_in_the_wrong_order_are_refused(low, high):
    with pytest.raises(ValueError, match=f"min_value is {low} and max_value {high}; expected the first to be less"):
        fastbp.HardTanh(low, high)


@pytest.mark.parametrize("given", [np.nan, np.inf, -np.inf])
def test_bounds_that_are_no_numbers_are_refused(given):
    with pytest.raises(ValueError, match="min_value is"):
        fastbp.HardTanh(min_value=given)
    with pytest.raises(ValueError, match="max_value is"):
        fastbp.HardTanh(max_value=given)
    with pytest.raises(TypeError, match="max_value is '1'"):
        fastbp.HardTanh(max_value="1")


def test_bounds_too_large_for_the_type_are_refused():
    assert fastbp.MLP([2, 2, 1], activation=fastbp.HardTanh(-1e39, 1.0), dtype="float64").activations[0].min_value == -1e39
    with pytest.raises(ValueError, match="min_value is -1e\\+39"):
        fastbp.MLP([2, 2, 1], activation=fastbp.HardTanh(-1e39, 1.0))


def test_settings_are_told_and_kinks_follow_them():
    assert fastbp.HardTanh().settings == {"min_value": -1.0, "max_value": 1.0} and str(fastbp.HardTanh(-2, 3)) == "hard_tanh(-2, 3)"
    assert (fastbp.HardTanh(-2.0, 3.0).kinks, fastbp.ReLU6().kinks, fastbp.HardSigmoid().kinks) == ((-2, 3), (0, 6), (-3, 3))
    assert fastbp.HardTanh(-2.0, 3.0).for_kernels == (-2, 3)


def test_formulas():
    z = np.array([-9.0, -3, -1.5, 0, 1.5, 3, 9])
    np.testing.assert_allclose(fastbp.ReLU6().reference(z), [0, 0, 0, 0, 1.5, 3, 6])
    np.testing.assert_allclose(fastbp.ReLU6().reference_derivative(z), [0, 0, 0, 0, 1, 1, 0])
    np.testing.assert_allclose(fastbp.HardSigmoid().reference(z), [0, 0, 0.25, 0.5, 0.75, 1, 1])
    np.testing.assert_allclose(fastbp.HardSigmoid().reference_derivative(z), np.array([0, 0, 1, 1, 1, 0, 0]) / 6)
    np.testing.assert_allclose(fastbp.HardTanh(-2.0, 1.0).reference(z), [-2, -2, -1.5, 0, 1, 1, 1])
    np.testing.assert_allclose(fastbp.HardTanh(-2.0, 1.0).reference_derivative(z), [0, 0, 1, 1, 0, 0, 0])
    np.testing.assert_allclose(fastbp.Softsign().reference(z), [-0.9, -0.75, -0.6, 0, 0.6, 0.75, 0.9])
    np.testing.assert_allclose(fastbp.Softsign().reference_derivative(z), [0.01, 0.0625, 0.16, 1, 0.16, 0.0625, 0.01])
