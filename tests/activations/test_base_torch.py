"""Every activation that PyTorch has: its values, derivatives and small nets, stored by `tests/stored/make_torch_activations.py`."""

import json
from pathlib import Path

import numpy as np
import pytest
from cases import close

import fastbp
from fastbp.activations import ACTIVATIONS

TORCH = json.loads((Path(__file__).parents[1] / "stored" / "torch_activations.json").read_text())
# Activations that PyTorch has not.
NOT_IN_TORCH: set[str] = set()

# PyTorch computes these with a constant in single precision, in float64, too: 1/6 in the derivative, 1 / alpha.
SINGLE = {"hard_sigmoid": 2e-7, "celu": 2e-7}


def activation_of(case):
    return ACTIVATIONS[case["activation"]](**case["settings"])


def name_of(case):
    return str(activation_of(case))


@pytest.mark.parametrize("case", TORCH["cases"], ids=name_of)
def test_values_and_derivatives_are_pytorchs(case):
    activation, z = activation_of(case), np.array(TORCH["logits"])
    limit = SINGLE.get(activation.name, 1e-10)
    model = fastbp.MLP([z.size] * 2, output_activation=activation, init=([np.eye(z.size)], [np.zeros(z.size)]), dtype="float64")
    # PyTorch's gelu cancels far below 0.
    np.testing.assert_allclose(model.predict(z[np.newaxis])[0], case["values"], rtol=limit, atol=1e-14)
    if activation.name != "softmax":
        targets = np.array(case["values"]) - 1
        _, _, (biases,) = fastbp.Trainer(model, loss="squared_error").loss_and_gradients(z[np.newaxis], targets[np.newaxis])
        # An error of 1 in each of the outputs.
        np.testing.assert_allclose(biases * z.size / 2, case["derivatives"], rtol=limit, atol=limit)
        np.testing.assert_allclose(activation.reference_derivative(z), case["derivatives"], rtol=limit, atol=1e-14)


@pytest.mark.parametrize("case", TORCH["cases"], ids=name_of)
def test_outputs_and_gradients_of_a_net_are_pytorchs(case):
    activation = activation_of(case)
    hidden, output = ("tanh", activation) if activation.output_only else (activation, "identity")
    init = TORCH["weights"], TORCH["biases"]
    model = fastbp.MLP(TORCH["layer_sizes"], activation=hidden, output_activation=output, init=init, dtype="float64")
    limit = SINGLE.get(activation.name, 1e-11)
    close([model.predict(TORCH["inputs"])], [np.array(case["outputs"])], rtol=limit)
    loss, weights, biases = fastbp.Trainer(model, loss="squared_error").loss_and_gradients(TORCH["inputs"], TORCH["targets"])
    assert loss == pytest.approx(case["loss"], rel=limit)
    found = [array for pair in zip(weights, biases, strict=True) for array in pair]
    close(found, [np.array(array) for array in case["gradients"]], rtol=limit)


def test_the_stored_figures_cover_every_activation_it_has():
    assert {case["activation"] for case in TORCH["cases"]} == set(ACTIVATIONS) - NOT_IN_TORCH
    tried = [activation_of(case) for case in TORCH["cases"]]
    assert all(case in tried for cls in ACTIVATIONS.values() for case in cls.cases() if cls.name not in ("leaky_relu", *NOT_IN_TORCH))
