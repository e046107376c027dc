"""Every loss: value and gradients of a small net, as PyTorch has them, stored by `tests/stored/make_torch_losses.py`."""

import json
from pathlib import Path

import numpy as np
import pytest
from cases import close

import fastbp
from fastbp.losses import LOSSES

TORCH = json.loads((Path(__file__).parents[1] / "stored" / "torch_losses.json").read_text())


def trainer_of(case, dtype):
    init = [2 * np.array(array) for array in TORCH["weights"]], TORCH["biases"]
    model = fastbp.MLP(TORCH["layer_sizes"], activation="tanh", output_activation="identity", init=init, dtype=dtype)
    return fastbp.Trainer(model, loss=LOSSES[case["loss"]](**case["settings"]), threads=1)


@pytest.mark.parametrize(("dtype", "limit"), [("float64", 1e-13), ("float32", 1e-5)])
@pytest.mark.parametrize("case", TORCH["cases"], ids=lambda case: f"{case['loss']}-{case['settings']}-{case['targets']}")
def test_value_and_gradients_are_pytorchs(case, dtype, limit):
    trainer, targets = trainer_of(case, dtype), np.array(TORCH["targets"][case["targets"]])
    loss, weights, biases = trainer.loss_and_gradients(TORCH["inputs"], targets)
    assert loss == pytest.approx(case["value"], rel=limit)
    assert trainer.evaluate(TORCH["inputs"], targets)["loss"] == pytest.approx(case["value"], rel=limit)
    close([*weights, *biases], [np.array(array) for array in [*case["weights"], *case["biases"]]], rtol=limit)


def test_sides_may_be_minus_one_and_one():
    for case in TORCH["cases"]:
        if case["targets"] == "sides" and case["loss"] != "binary_cross_entropy":
            sides = 2 * np.array(TORCH["targets"]["sides"]) - 1
            assert trainer_of(case, "float64").loss_and_gradients(TORCH["inputs"], sides)[0] == pytest.approx(case["value"], rel=1e-13)


def test_the_stored_figures_cover_every_loss():
    assert {case["loss"] for case in TORCH["cases"]} == set(LOSSES)
