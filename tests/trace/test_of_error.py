"""What carries an error, and what a step takes from it."""

import numpy as np
import pytest
from ledger import NORMS, deep

import fastbp


def test_the_weights_of_an_error_are_those_of_its_gradient():
    trainer, X, y = deep()
    trace = trainer.trace(X, y)
    _, dW, db = trainer.loss_and_gradients(X, y)
    found = trace.weights_of(top=None)
    assert found.count == len(found) == trainer.model.n_parameters
    for layer, i, j, value in zip(*(found[name] for name in ("layer", "input", "unit", "contribution")), strict=True):
        assert value == pytest.approx(db[layer][j] if i == -1 else dW[layer][i, j], rel=1e-9, abs=1e-15)
    assert (np.diff(np.abs(found["contribution"])) <= 0).all() and found["share"].sum() == pytest.approx(1)
    few = trace.weights_of(top=5)
    assert few["contribution"].tolist() == found["contribution"][:5].tolist() and few.total == pytest.approx(found.total)
    assert few["share"].tolist() == pytest.approx(found["share"][:5].tolist())


def test_of_one_layer_and_of_one_row():
    trainer, X, y = deep()
    alone = trainer.loss_and_gradients(X[[4]], y[[4]])[1][1] / 20
    found = trainer.trace(X, y).weights_of(row=4, layer=1, top=None)
    kept = found["input"] >= 0
    assert {*found["layer"]} == {1} and found.count == alone.size + alone.shape[1]
    np.testing.assert_allclose(alone[found["input"][kept], found["unit"][kept]], found["contribution"][kept], rtol=1e-9, atol=1e-16)
    assert found.title == "weights that carry the error of row 4"


@pytest.mark.parametrize("normalization", NORMS)
def test_what_a_step_takes_is_conserved(normalization):
    trainer, X, y = deep(normalization=normalization)
    trace, gradients = trainer.trace(X, y), trainer.loss_and_gradients(X, y)[1:]
    layers = trace.layers()
    assert layers.total == pytest.approx(sum((g**2).sum() for kind in gradients for g in kind), rel=1e-12)
    units = trace.units(top=None)
    for layer, value in zip(layers["layer"], layers["contribution"], strict=True):
        assert units["contribution"][units["layer"] == layer].sum() == pytest.approx(value, rel=1e-12)
        assert trace.units(layer=layer, top=1).total == pytest.approx(value, rel=1e-12)
    assert trace.features(top=None).total == pytest.approx((gradients[0][0] ** 2).sum(), rel=1e-12)
    for of in (trace.layers, trace.units, trace.features):
        whole = of().total
        parts = [of(row=row).total for row in range(len(X))]
        assert sum(parts) == pytest.approx(whole, rel=1e-12) and sum(parts[1:]) != pytest.approx(whole, rel=1e-6)
        assert sum(of(output=output).total for output in range(3)) == pytest.approx(whole, rel=1e-12)


def test_it_is_what_a_small_step_does():
    trainer, X, y = deep()
    trace, rate = trainer.trace(X, y), 1e-5
    taken = [trace.layers(row=row).total for row in range(3)]
    trainer.optimizer = fastbp.SGD(rate)
    before = [trainer.evaluate(X[[row]], y[[row]])["loss"] for row in range(3)]
    trainer.step(X, y)
    after = [trainer.evaluate(X[[row]], y[[row]])["loss"] for row in range(3)]
    # Of the loss of the batch each row has a twentieth.
    np.testing.assert_allclose((np.array(before) - after) / 20, rate * np.array(taken), rtol=1e-3)


def test_features_have_their_names():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame({"height": [1.0, 2.0], "weight": [0.0, 0.0]})
    trace = fastbp.Trainer(fastbp.MLP([2, 1], seed=0), loss="squared_error").trace(X, [0.0, 1.0])
    assert trace.features()["feature"].tolist() == ["height", "weight"] and trace.features()["share"].tolist() == [1, 0]
