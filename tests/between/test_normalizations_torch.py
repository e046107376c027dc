"""Normalised nets are PyTorch's: losses, gradients, averages and predictions, stored by `tests/stored/make_torch_normalizations.py`."""

import json
from pathlib import Path

import numpy as np
import pytest
from cases import close

import fastbp
from fastbp.between import NORMALIZATIONS

TORCH = json.loads((Path(__file__).parents[1] / "stored" / "torch_normalizations.json").read_text())
KINDS = "weights", "biases", "scales", "shifts"
LIMIT = 1e-10


def name_of(case):
    return f"{NORMALIZATIONS[case['normalization']](**case['settings'])}-{case['activation']}"


def trainer_of(case):
    normalization = NORMALIZATIONS[case["normalization"]](**case["settings"])
    init = case["begin_weights"], case["begin_biases"]
    sizes, activation = TORCH["layer_sizes"], case["activation"]
    model = fastbp.MLP(sizes, activation=activation, init=init, dtype="float64", normalization=normalization)
    model.scales, model.shifts = case["begin_scales"], case["begin_shifts"]
    return fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.1), batch_size=None, shuffle=False)


def arrays(lists):
    return [np.array(each) for each in lists]


@pytest.mark.parametrize("case", TORCH["cases"], ids=name_of)
def test_loss_and_gradients(case):
    loss, *found = trainer_of(case).loss_and_gradients(case["inputs"], case["targets"])
    assert loss == pytest.approx(case["losses"][0], rel=LIMIT)
    for kind, ours in zip(KINDS, found, strict=True):
        for array, wanted in zip(ours, arrays(case[f"gradient_{kind}"]), strict=True):
            np.testing.assert_allclose(array, wanted, rtol=LIMIT, atol=1e-12)


@pytest.mark.parametrize("case", TORCH["cases"], ids=name_of)
def test_steps_averages_and_predictions(case):
    trainer = trainer_of(case)
    model = trainer.model
    losses = trainer.fit(case["inputs"], case["targets"], epochs=len(case["losses"])).loss
    np.testing.assert_allclose(losses, case["losses"], rtol=LIMIT)
    for kind in KINDS:
        for array, wanted in zip(getattr(model, kind), arrays(case[f"end_{kind}"]), strict=True):
            np.testing.assert_allclose(array, wanted, rtol=LIMIT, atol=1e-12)
    close([model.predict(case["inputs"])], [np.array(case["predictions"])], rtol=LIMIT)
    if case["normalization"] == "batch":
        close(model.running_means, arrays(case["means"]), rtol=LIMIT)
        close(model.running_variances, arrays(case["variances"]), rtol=LIMIT)
    else:
        assert model.running_means == model.running_variances == ()


def test_the_stored_figures_cover_every_normalisation():
    assert {case["normalization"] for case in TORCH["cases"]} == set(NORMALIZATIONS)
