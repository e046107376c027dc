"""Activations that are exponentials below 0, or all along: their settings, and their formulas in numbers to check by hand."""

import math

import numpy as np
import pytest

import fastbp

L = math.log(2)
SETTINGS = [(fastbp.ELU, "alpha"), (fastbp.CELU, "alpha"), (fastbp.Softplus, "beta")]


@pytest.mark.parametrize(("cls", "name"), SETTINGS)
def test_settings_must_be_positive(cls, name):
    for given in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=rf"{name} is .*; expected a number in \(0, inf\)"):
            cls(given)
    for given in ("1", None, True):
        with pytest.raises(TypeError, match=f"{name} is "):
            cls(given)
    assert cls().settings == {name: 1.0} and cls(2).for_kernels == (2, 0)


def test_a_setting_too_large_for_the_type_is_refused():
    with pytest.raises(ValueError, match="alpha is 1e\\+39"):
        fastbp.MLP([2, 2, 1], activation=fastbp.ELU(1e39))


def test_formulas():
    z = np.array([-2 * L, -L, 0, 1, 80])
    np.testing.assert_allclose(fastbp.ELU(2.0).reference(z), [-1.5, -1, 0, 1, 80])
    np.testing.assert_allclose(fastbp.ELU(2.0).reference_derivative(z), [0.5, 1, 2, 1, 1])
    np.testing.assert_allclose(fastbp.CELU(2.0).reference(2 * z), [-1.5, -1, 0, 2, 160])
    np.testing.assert_allclose(fastbp.CELU(2.0).reference_derivative(2 * z), [0.25, 0.5, 1, 1, 1])
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    np.testing.assert_allclose(fastbp.SELU().reference(z), scale * np.array([-0.75 * alpha, -0.5 * alpha, 0, 1, 80]))
    np.testing.assert_allclose(fastbp.SELU().reference_derivative(z), scale * np.array([0.25 * alpha, 0.5 * alpha, alpha, 1, 1]))
    np.testing.assert_allclose(fastbp.Softplus().reference(z), [math.log(1.25), math.log(1.5), L, math.log(1 + math.e), 80])
    np.testing.assert_allclose(fastbp.Softplus().reference_derivative(z), [0.2, 1 / 3, 0.5, math.e / (1 + math.e), 1])
    np.testing.assert_allclose(fastbp.Softplus(2.0).reference(z / 2), np.array(fastbp.Softplus().reference(z)) / 2)
    np.testing.assert_allclose(fastbp.Exponential().reference(z), [0.25, 0.5, 1, math.e, math.exp(80)])
    np.testing.assert_array_equal(fastbp.Exponential().reference_derivative(z), fastbp.Exponential().reference(z))


def test_selu_keeps_mean_0_and_variance_1():
    """What its two numbers are for: of standard normal numbers (by quadrature)."""
    z = np.linspace(-12, 12, 200_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    a = fastbp.SELU().reference(z)
    assert (a * density).sum() == pytest.approx(0, abs=1e-7) and (a * a * density).sum() == pytest.approx(1, abs=1e-7)
    assert fastbp.SELU.initializer == "lecun_normal"


def test_an_output_that_is_positive_learns_a_rate():
    """The exponential of what is linear: log rates are found again."""
    random = np.random.default_rng(0)
    X = random.uniform(-1, 1, (400, 2))
    rate = np.exp(X @ [0.7, -1.2] + 0.3)
    trainer = fastbp.Trainer(fastbp.MLP([2, 1], output_activation="exponential", dtype="float64", seed=0), loss="squared_error", seed=0)
    trainer.fit(X, rate, epochs=400)
    np.testing.assert_allclose(trainer.model.weights[0].ravel(), [0.7, -1.2], atol=1e-2)
