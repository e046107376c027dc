"""The forward pass is the model's, and units are flat where they should be."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_task import X

import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.diagnosis.signals import signals
from fastbp.verification import reference

SATURATING = {"sigmoid", "tanh", "softsign", "hard_tanh", "hard_sigmoid"}


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_the_numbers_are_those_of_the_oracle(normalization):
    model = fastbp.MLP([3, 5, 4, 2], activation=["tanh", "gelu"], normalization=normalization, output_activation="softmax", seed=0)
    net = reference.net_of(model)
    outputs = reference.forward(net, X, reference.no_masks(net, len(X))).outputs[1:]
    found = list(signals(model, X))
    assert_allclose([(each.mean, each.std) for each in found], [(a.mean(), a.std()) for a in outputs], rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_which_activations_have_limits_on_both_sides(name):
    for case in ACTIVATIONS[name].cases():
        first, _ = signals(fastbp.MLP([3, 4, 2], activation=case, seed=0), X)
        assert first.saturates == (name in SATURATING)


@pytest.mark.parametrize(("name", "bias", "flat"), [
    ("relu", -100, 1), ("relu", 100, 0), ("leaky_relu", -100, 0), ("gelu", -100, 1), ("elu", -100, 1), ("softplus", -100, 1),
    ("relu6", 100, 1), ("relu6", -100, 1), ("tanh", 100, 1), ("tanh", -100, 1), ("tanh", 0, 0), ("sigmoid", 10, 1), ("identity", -100, 0),
])  # fmt: skip
def test_where_units_are_flat(name, bias, flat):
    model = fastbp.MLP([3, 4, 2], activation=name, seed=0)
    model.weights[0][:] *= 0.1
    model.biases[0][:] = bias
    first, last = signals(model, X)
    assert first.flat.tolist() == [flat] * 4 and last.flat is None


def test_a_tanh_is_flat_above_0_95():
    model = fastbp.MLP([1, 1, 1], activation="tanh", seed=0)
    model.weights[0][:] = 1
    inputs = np.arctanh([[0.93], [0.94], [0.955], [-0.96]])
    assert next(signals(model, inputs)).flat.tolist() == [0.5]
