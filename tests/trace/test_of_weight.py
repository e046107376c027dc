"""Who moves one weight: sums of rows, classes, features, outputs and hidden units are its gradient."""

import numpy as np
import pytest
from ledger import NORMS, deep

import fastbp
from fastbp.trace.selection import part_of
from fastbp.verification.problems import random_inputs


@pytest.mark.parametrize("normalization", NORMS)
@pytest.mark.parametrize(("layer", "i", "j"), [(0, 4, 2), (1, 3, 1), (2, None, 3), (3, 0, 2)])
def test_rows_classes_outputs_and_units_sum_to_the_gradient(layer, i, j, normalization):
    trainer, X, y = deep(normalization=normalization)
    trace, (_, dW, db, *_) = trainer.trace(X, y), trainer.loss_and_gradients(X, y)
    gradient = db[layer][j] if i is None else dW[layer][i, j]
    # A bias before batch normalisation counts for nothing.
    near = pytest.approx(gradient, rel=1e-11, abs=1e-15)
    rows, classes = trace.rows_of(layer, i, j, top=None), trace.classes_of(layer, i, j)
    assert rows.total == near and classes.total == near and trace.outputs_of(layer, i, j).total == near
    assert (rows["activation"] * rows["delta"] == rows["contribution"]).all() and (rows["label"] == y[rows["row"]]).all()
    assert classes["rows"].sum() == 20 and sorted(classes["label"]) == [0, 1, 2]
    assert trace.features_of(layer, i, j).total == near
    for hidden in range(layer, 3):
        found = trace.through(layer, i, j, hidden, top=None)
        assert found.total == near and found.count == trace.layer_sizes[hidden + 1]
        # The law is broken where the largest term is dropped.
        assert gradient == 0 or found["contribution"][1:].sum() != pytest.approx(gradient, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("normalization", NORMS[1:])
@pytest.mark.parametrize(("kind", "place"), [("scale", 0), ("shift", 1)])
def test_rows_and_classes_of_a_scale_or_a_shift_sum_to_the_gradient(kind, place, normalization):
    trainer, X, y = deep(normalization=normalization)
    trace, gradients = trainer.trace(X, y), trainer.loss_and_gradients(X, y)[3:][place]
    for layer in range(3):
        rows = trace.rows_of(layer, kind, -1, top=None)
        assert rows.total == pytest.approx(gradients[layer][-1], rel=1e-11) and str(rows).startswith(f"rows that move {kind}s[{layer}][")
        assert trace.classes_of(layer, kind, -1).total == pytest.approx(gradients[layer][-1], rel=1e-11)
        assert rows["contribution"][1:].sum() != pytest.approx(gradients[layer][-1], rel=1e-6)
    with pytest.raises(ValueError, match=f"i is '{kind}'; layer 3 is not normalised"):
        trace.rows_of(3, kind, 0)


@pytest.mark.parametrize("normalization", NORMS)
def test_units_and_outputs_sum_to_what_part_of_the_error_moves(normalization):
    trainer, X, y = deep(normalization=normalization)
    trace = trainer.trace(X, y)
    for part in ({"row": 3, "output": 1}, {"label": 2}):
        moved = part_of(trace, **part).weight_gradients()[0][1, 4]
        assert trace.through(0, 1, 4, 2, **part).total == pytest.approx(moved, rel=1e-11, abs=1e-16)
    found = trace.outputs_of(0, 1, 4, row=3)
    for output, value in zip(found["output"], found["contribution"], strict=True):
        assert value == pytest.approx(part_of(trace, row=3, output=output).weight_gradients()[0][1, 4], rel=1e-11, abs=1e-16)


def test_features_of_relus_without_biases_are_all_there_is():
    model = fastbp.MLP([5, 8, 7, 2], activation="relu", dtype="float64", seed=1)
    X = random_inputs(30, 5)
    trace = fastbp.Trainer(model, loss="cross_entropy").trace(X, np.arange(30) % 2)
    i, j = np.unravel_index(np.abs(trace.weight_gradients[2]).argmax(), (7, 2))
    found = trace.features_of(2, i, j)
    assert found.total == pytest.approx(trace.weight_gradients[2][i, j], rel=1e-12) and abs(found.rest) < 1e-14
    assert found.count == 5 and (found["contribution"] != 0).all()
    model.biases[0][...] = 0.5
    assert abs(fastbp.Trainer(model, loss="cross_entropy").trace(X, np.arange(30) % 2).features_of(2, i, j).rest) > 1e-3


def test_in_the_first_layer_a_weight_is_moved_by_one_feature():
    trainer, X, y = deep()
    found = trainer.trace(X, y).features_of(0, 3, 1)
    assert found["feature"][0] == 3 and found["share"].tolist() == [1, 0, 0, 0, 0] and found.rest == 0
    assert trainer.trace(X, y).features_of(0, None, 1).total == trainer.trace(X, y).features_of(0, None, 1).rest
