"""Sensitivity is the gradient by inputs; relevances add up to the output."""

import numpy as np
import pytest

import fastbp
from fastbp.trace import relevances, sensitivities
from fastbp.verification.problems import random_inputs

X = random_inputs(6, 5, dtype="float64")


def model_of(activation="tanh", output="softmax", normalization=None):
    """With statistics of some steps where batches are normalised."""
    model = fastbp.MLP([5, 7, 6, 3], activation=activation, output_activation=output, normalization=normalization, dtype="float64", seed=1)
    loss = "cross_entropy" if output == "softmax" else "squared_error"
    y = np.arange(6) % 3 if output == "softmax" else random_inputs(6, 3, dtype="float64")
    fastbp.Trainer(model, loss=loss, optimizer=fastbp.SGD(0.1), batch_size=3, seed=0).fit(X, y, epochs=3)
    return model


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize(("activation", "output"), [("tanh", "softmax"), ("gelu", "sigmoid"), ("sigmoid", "identity")])
def test_sensitivities_are_those_of_central_differences(activation, output, normalization):
    model, h = model_of(activation, output, normalization), 1e-5
    found = sensitivities(model, X, 1)
    steps = h * np.eye(5)
    wanted = np.array([(model.predict(X + step)[:, 1] - model.predict(X - step)[:, 1]) / (2 * h) for step in steps]).T
    assert found.shape == X.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8 * np.abs(wanted).max())


@pytest.mark.parametrize("rule", ["epsilon", "z"])
@pytest.mark.parametrize("normalization", [None, "batch"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_relevances_add_up_to_the_output(activation, normalization, rule):
    model = model_of(activation, normalization=normalization)
    for output in range(3):
        found = relevances(model, X, output, rule=rule)
        whole = found.inputs.sum(axis=1) + found.biases.sum(axis=1) + found.absorbed.sum(axis=1)
        size = np.abs(found.inputs).sum(axis=1) + np.abs(found.biases).sum(axis=1) + np.abs(found.absorbed).sum(axis=1)
        assert np.all(np.abs(whole - found.output) <= 1e-13 * size)
        assert np.abs(found.absorbed).max() > 0 if rule == "epsilon" else np.abs(found.absorbed).max() < 1e-12 * size.max()


def test_of_a_linear_net_the_z_rule_is_the_product_of_weight_and_input():
    model = fastbp.MLP([2, 1], init=([[[2.0], [-3.0]]], [[0.5]]), output_activation="identity", dtype="float64")
    found = relevances(model, [[1.0, 2.0]], 0, rule="z")
    np.testing.assert_allclose(found.inputs, [[2.0, -6.0]], rtol=1e-15)
    np.testing.assert_allclose(found.biases, [[0.5]], rtol=1e-15)
    # With epsilon = 0.5 each part is 3.5 / 4 of that.
    found = relevances(model, [[1.0, 2.0]], 0, epsilon=0.5)
    np.testing.assert_allclose([found.inputs[0, 0], found.biases[0, 0], found.absorbed[0, 0]], [1.75, 0.4375, -0.4375], rtol=1e-15)


def test_a_sum_of_zero_hands_nothing_on():
    model = fastbp.MLP(
        [1, 1, 1], init=([[[0.0]], [[2.0]]], [[0.0], [0.0]]), activation="sigmoid", output_activation="identity", dtype="float64"
    )
    found = relevances(model, [[1.0]], 0, rule="z")
    assert found.output[0] == 1.0 == found.absorbed[0, 0] and found.inputs[0, 0] == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"output": 3}, ValueError, "output is 3; the model has 3 outputs"), ({"output": 0.5}, TypeError, "output"),
        ({"output": 0, "rule": "gamma"}, ValueError, "rule is 'gamma'"), ({"output": 0, "epsilon": 0.0}, ValueError, "epsilon"),
        ({"output": 0, "X": X[:, :4]}, ValueError, "4"),
    ],
)  # fmt: skip
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        relevances(model_of(), **({"X": X} | arguments))


def test_what_has_no_relevances():
    with pytest.raises(ValueError, match="layer normalization"):
        relevances(model_of(normalization="layer"), X, 0)
    with pytest.raises(TypeError, match="expected an MLP"):
        sensitivities("net", X, 0)
