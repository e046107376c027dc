"""Derivatives of outputs by parameters, against central differences, for every activation there is."""

import numpy as np
import pytest

import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.jacobian import Jacobian

STEP = 1e-6
HIDDEN = [case for cls in ACTIVATIONS.values() if not cls.output_only for case in cls.cases()]
OUTPUT = [case for cls in ACTIVATIONS.values() if cls.has_derivative for case in cls.cases()]
OWN = fastbp.CustomActivation(lambda z: z * z * z, lambda z: 3 * z * z)


def check(hidden, output, dtype="float64"):
    model = fastbp.MLP([3, 5, 4, 2], activation=[hidden, "tanh"], output_activation=output, dtype=dtype, seed=0)
    for bias in model.biases:
        bias[:] = np.random.default_rng(1).normal(0, 0.3, bias.shape)
    inputs = np.random.default_rng(2).normal(size=(7, 3))
    jacobian = Jacobian(model.network, model.activations)
    outputs, found = jacobian.of(inputs)
    assert np.array_equal(outputs, jacobian.outputs(inputs))
    rounding = 50 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(outputs, model.predict(inputs), rtol=rounding, atol=rounding)
    assert found.shape == (7, 2, model.n_parameters)
    if dtype == "float64":
        np.testing.assert_allclose(found, differences(model, jacobian, inputs), rtol=2e-5, atol=1e-8)
    return found


def differences(model, jacobian, inputs):
    parameters, columns = model.network.parameters, []
    for place in jacobian.places:
        before, around = parameters[place], []
        for sign in (1, -1):
            parameters[place] = before + sign * STEP
            around.append(jacobian.outputs(inputs))
        parameters[place] = before
        columns.append((around[0] - around[1]) / (2 * STEP))
    return np.stack(columns, axis=2)


@pytest.mark.parametrize("activation", [*HIDDEN, OWN], ids=str)
def test_of_hidden_layers(activation):
    check(activation, "identity")


@pytest.mark.parametrize("activation", [*OUTPUT, OWN], ids=str)
def test_of_the_output(activation):
    check("sigmoid", activation)


def test_a_float32_model_has_the_derivatives_of_its_parameters_in_float64():
    np.testing.assert_allclose(check("tanh", "identity", "float32"), check("tanh", "identity"), rtol=1e-4, atol=1e-5)


def test_the_places_are_those_of_the_arrays():
    model = fastbp.MLP([3, 5, 2], seed=0)
    arrays = [array.ravel() for both in zip(model.weights, model.biases, strict=True) for array in both]
    places = Jacobian(model.network, model.activations).places
    assert np.array_equal(model.network.parameters[places], np.concatenate(arrays)) and places.size == model.n_parameters
