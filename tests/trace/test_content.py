"""The numbers that the page is told."""

import base64

import numpy as np
import pytest
from traced import X, Y, textbook, wide

import fastbp
from fastbp.trace import content as module
from fastbp.trace.content import LIMIT, content


def unpacked(given):
    return np.frombuffer(base64.b64decode(given["base64"]), "<f4" if given["bits"] == 32 else "<f8")


def test_a_net_that_fits_is_told_whole_and_exactly():
    trace = textbook().trace(X, Y)
    found = content(trace)
    assert found["live"] and not found["why"] and "pass" not in found
    np.testing.assert_array_equal(unpacked(found["weights"][1]), trace.weights[1].ravel())
    np.testing.assert_array_equal(unpacked(found["inputs"]), trace.inputs.ravel())
    assert found["rate"] == 2.0 and found["activations"][0] == {"name": "sigmoid", "settings": [], "label": "sigmoid"}


def test_numbers_that_float32_has_take_half_the_bytes():
    trace = wide()
    assert content(trace)["weights"][0]["bits"] == 32
    assert content(textbook().trace(X, Y))["weights"][0]["bits"] == 64


def test_other_optimizers_have_rates_of_their_own():
    trainer = fastbp.Trainer(fastbp.MLP([2, 2, 1], seed=0), loss="squared_error", optimizer="adam")
    assert content(trainer.trace(X, Y))["rate"] == module.RATE


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"activation": fastbp.CustomActivation(lambda z: z * 2, lambda z: z * 0 + 2)}, "an activation of your own"),
        ({"normalization": "layer"}, "normalisation"),
        ({"dropout": 0.5}, "dropout"),
    ],
)
def test_what_the_page_cannot_compute_is_said(settings, why):
    trace = fastbp.Trainer(fastbp.MLP([2, 8, 1], seed=0, **settings), loss="squared_error", seed=0).trace(X, Y)
    found = content(trace)
    assert not found["live"] and f"no formula for {why}. So this page shows" in found["why"] and found["whole"]
    np.testing.assert_allclose(unpacked(found["pass"]["deltas"][0]), trace.deltas[0].ravel(), rtol=1e-15)


def test_losses_of_ones_own_and_missing_targets():
    own = fastbp.CustomLoss(lambda p, t: (p - t) ** 2, lambda p, t: 2 * (p - t))
    assert "a loss of your own" in content(fastbp.Trainer(fastbp.MLP([2, 1], seed=0), loss=own).trace(X, Y))["why"]
    missing = fastbp.Trainer(fastbp.MLP([2, 1], seed=0), loss="huber", missing_targets="ignore")
    assert "targets that are missing" in content(missing.trace(X, [np.nan, 1, 1, 0]))["why"]


def test_of_a_large_net_the_parts_that_count_most(monkeypatch):
    trace = wide(rows=20)
    monkeypatch.setattr(module, "LIMIT", 12_000)
    found = content(trace)
    assert not found["live"] and not found["whole"] and "too large" in found["why"] and module._size(found) < 12_000 < LIMIT
    (rows, *_), units = [found["rowNumbers"]], found["units"]
    assert trace.losses[rows].min() >= np.delete(trace.losses, rows).max()
    i, j = units[0][1], units[1][2]
    assert unpacked(found["weights"][0]).reshape(len(units[0]), -1)[1, 2] == trace.weights[0][i, j]
    assert unpacked(found["pass"]["weightGradients"][0]).reshape(len(units[0]), -1)[1, 2] == trace.weight_gradients[0][i, j]
    assert unpacked(found["pass"]["sums"][0]).reshape(len(rows), -1)[3, 2] == trace.sums[0][rows[3], j]


def test_names_of_inputs_and_classes():
    model = fastbp.MLP([2, 2], classes=["no", "yes"], seed=0)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["height", "weight"])
    found = content(fastbp.Trainer(model, loss="cross_entropy").trace(frame, ["no", "yes", "yes", "no"]))
    assert found["inputNames"] == ["height", "weight"] and found["outputNames"] == ["no", "yes"]
