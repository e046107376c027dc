"""Activations that are z times a gate: their formulas in numbers to check by hand."""

import math

import numpy as np
import pytest

import fastbp

GATED = [fastbp.GELU(), fastbp.GELUTanh(), fastbp.SiLU(), fastbp.Mish(), fastbp.HardSwish()]
L = math.log(2)


def test_formulas():
    z = np.array([-L, 0, L])
    np.testing.assert_allclose(fastbp.SiLU().reference(z), [-L / 3, 0, 2 * L / 3])
    np.testing.assert_allclose(fastbp.SiLU().reference_derivative(z), [1 / 3 - L * 2 / 9, 0.5, 2 / 3 + L * 2 / 9])
    np.testing.assert_allclose(fastbp.Mish().reference(z), [-L * 5 / 13, 0, 0.8 * L], atol=1e-16)
    np.testing.assert_allclose(fastbp.Mish().reference_derivative(z)[1:], [0.6, 0.8 + 0.24 * L])
    z = np.array([-4.0, -1.5, 0, 1.5, 4])
    np.testing.assert_allclose(fastbp.HardSwish().reference(z), [0, -0.375, 0, 1.125, 4])
    np.testing.assert_allclose(fastbp.HardSwish().reference_derivative(z), [0, 0, 0.5, 1, 1])
    z = np.array([-1.0, 0, 1])
    # 0.8413 of the normal distribution is below 1, and its density is 0.2420 there.
    np.testing.assert_allclose(fastbp.GELU().reference(z), [-0.15865525393145707, 0, 0.8413447460685429])
    np.testing.assert_allclose(fastbp.GELU().reference_derivative(z), [-0.08331547058768625, 0.5, 1.0833154705876862])
    np.testing.assert_allclose(fastbp.GELUTanh().reference(z), [-0.15880800939172324, 0, 0.8411919906082768])


def test_the_tanh_is_near_gelu():
    z = np.linspace(-8, 8, 1001)
    difference = np.abs(fastbp.GELUTanh().reference(z) - fastbp.GELU().reference(z))
    assert 1e-4 < difference.max() < 1e-3


@pytest.mark.parametrize("activation", GATED, ids=str)
def test_a_gate_and_its_opposite_sum_to_one(activation):
    """act(z) - act(-z) = z, of all but mish."""
    z = np.linspace(0.1, 30, 300)
    found = activation.reference(z) - activation.reference(-z)
    assert np.allclose(found, z, rtol=1e-14) == (activation.name != "mish")
    assert activation.needs_z and activation.initializer == "he_uniform"


@pytest.mark.parametrize("activation", GATED, ids=str)
def test_far_out_they_are_relus(activation):
    z = np.array([-1e30, -1e4, 1e4, 1e30])
    np.testing.assert_array_equal(np.abs(activation.reference(z)), [0, 0, 1e4, 1e30])
    np.testing.assert_array_equal(np.abs(activation.reference_derivative(z)), [0, 0, 1, 1])
