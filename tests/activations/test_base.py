import numpy as np
import pytest

import fastbp
from fastbp.activations import ACTIVATIONS

DTYPES = ["float32", "float64"]
CASES = [case for cls in ACTIVATIONS.values() for case in cls.cases()]
HIDDEN = [case for case in CASES if not case.output_only]
# Moderate, far out, and the places where an activation bends or saturates.
LOGITS = np.concatenate([np.linspace(-6, 6, 97), [0.0, -0.0, 1e-4, -1e-4, 80, -80, 1e4, -1e4, 9.5, -9.5, 20, -20, 40, -40]])


def hidden_units(activation, z, dtype):
    """A model whose hidden layer has the logits z when the input is 0, and hands its units on unchanged."""
    n = z.size
    weights, biases = [np.zeros((1, n)), np.eye(n)], [z, np.zeros(n)]
    return fastbp.MLP([1, n, n], activation=activation, output_activation="identity", init=(weights, biases), dtype=dtype)


def logits_for(activation):
    """Those whose squares have a place in float32."""
    return LOGITS[np.abs(LOGITS) <= 40] if activation.steep else LOGITS


def own_type(z, dtype):
    """The logits as the model sees them, in float64."""
    return z.astype(dtype).astype(np.float64)


def passed_on(activation, z, dtype):
    """The error that comes from the rounding of functions of z, where an activation is not as exact as its own formula."""
    if not (activation.needs_z or activation.settings):
        return 0
    return 16 * np.finfo(dtype).eps * np.abs(z * activation.reference_derivative(z)) + np.finfo(dtype).tiny * np.abs(z)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", HIDDEN, ids=str)
def test_hidden_units_follow_the_oracle(activation, dtype):
    logits = logits_for(activation)
    model = hidden_units(activation, logits, dtype)
    z = own_type(logits, dtype)
    wanted, eps = activation.reference(z), np.finfo(dtype).eps
    error = np.abs(model.predict([[0.0]])[0] - wanted)
    assert (error <= 4 * eps * np.abs(wanted) + passed_on(activation, z, dtype) + np.finfo(dtype).tiny).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", HIDDEN, ids=str)
def test_derivatives_follow_the_oracle(activation, dtype):
    logits = logits_for(activation)
    model = hidden_units(activation, logits, dtype)
    trainer = fastbp.Trainer(model, loss="squared_error")
    # The outputs are the hidden units, so the gradients of the two biases differ by the derivative alone; no activation gives 3.3 here.
    _, _, (hidden, output) = trainer.loss_and_gradients([[0.0]], np.full((1, logits.size), 3.3))
    wanted = activation.reference_derivative(own_type(logits, dtype))
    assert (output != 0).all()
    # The derivative is written by the output a: next to a = 1 it is a difference of numbers of size 1, absolute to a few eps.
    # One written by z has the rounding of what it makes of z.
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(hidden / output, wanted, rtol=8 * eps, atol=(16 if activation.needs_z else 4) * eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", CASES, ids=str)
def test_outputs_follow_the_oracle(activation, dtype):
    random = np.random.default_rng(1)
    z = np.concatenate([random.normal(0, scale, (20, 5)) for scale in ((1, 10) if activation.steep else (1, 10, 100, 1e4))])
    model = fastbp.MLP([5, 5], output_activation=activation, init=([np.eye(5)], [np.zeros(5)]), dtype=dtype)
    wanted = activation.reference(own_type(z, dtype))
    rounding = passed_on(activation, own_type(z, dtype), dtype)
    # Softmax rounds z - max z before it takes the exponential, an error that grows with the logarithm of the result.
    digits = 1 - np.log(np.maximum(wanted, np.finfo(dtype).tiny)) if activation.name == "softmax" else 1
    error = np.abs(model.predict(z) - wanted)
    assert (error <= 4 * np.finfo(dtype).eps * digits * np.abs(wanted) + rounding + np.finfo(dtype).tiny).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", [case for case in CASES if not case.steep], ids=str)
@pytest.mark.parametrize("size", [80.0, 1e4, 1e30])
def test_extreme_logits_give_finite_outputs_and_gradients(activation, size, dtype):
    logits = np.array([[size, -size, 0.0], [-size, -size, -size], [size, size, size]])
    model = fastbp.MLP([3, 3], output_activation=activation, init=([np.eye(3)], [np.zeros(3)]), dtype=dtype)
    assert np.isfinite(model.predict(logits)).all()
    bounds = {name: 1.0 for name in ("sigmoid", "tanh", "softmax", "softsign", "hard_sigmoid")} | {"hard_tanh": 2.0, "relu6": 6.0}
    largest = np.dtype(dtype).type(bounds.get(activation.name, size * (1.051 if activation.name == "selu" else 1.0)))
    assert np.abs(model.predict(logits)).max() <= largest * (1 + (2 * np.finfo(dtype).eps if activation.settings else 0))
    if size < 1e30:
        loss, weights, biases = fastbp.Trainer(model, loss="squared_error").loss_and_gradients(logits, np.zeros((3, 3)))
        assert np.isfinite([loss, *weights[0].ravel(), *biases[0]]).all()


def test_softmax_rows_sum_to_one_and_ignore_a_shift():
    z = np.random.default_rng(2).normal(0, 5, (50, 7)).round(2)
    model = fastbp.MLP([7, 7], output_activation="softmax", init=([np.eye(7)], [np.zeros(7)]), dtype="float64")
    p = model.predict(z)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=4 * np.finfo(float).eps)
    np.testing.assert_allclose(model.predict(z + 64), p, rtol=1e-12)


@pytest.mark.parametrize("activation", [fastbp.ReLU(), fastbp.LeakyReLU()], ids=str)
def test_the_kink_counts_as_the_lower_side(activation):
    model = hidden_units(activation, np.zeros(1), "float64")
    _, _, (hidden, output) = fastbp.Trainer(model, loss="squared_error").loss_and_gradients([[0.0]], [[3.0]])
    assert hidden / output == activation.for_kernels[0]


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0, 1.5])
def test_leaky_relu_takes_its_slope(slope):
    z = np.linspace(-2, 2, 9)
    model = hidden_units(fastbp.LeakyReLU(slope), z, "float64")
    np.testing.assert_array_equal(model.predict([[0.0]])[0], np.where(z > 0, z, slope * z))
    _, _, (hidden, output) = fastbp.Trainer(model, loss="squared_error").loss_and_gradients([[0.0]], np.full((1, 9), 9.0))
    np.testing.assert_allclose(hidden / output, np.where(z > 0, 1, slope), rtol=1e-15)
