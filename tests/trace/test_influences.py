"""The influence of rows is what first-order calculus says, and near what leaving a row out and training again does."""

import numpy as np
import pytest

import fastbp
from fastbp.trace import Recording, influences

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 3))
Y = ((X[:, 0] + 0.5 * RANDOM.normal(size=24)) > 0).astype(int)
ASKED = np.array([[0.3, -0.5, 0.2]]), np.array([1])


def train(optimizer, weight=None, callbacks=(), epochs=12, batch_size=None):
    model = fastbp.MLP([3, 4, 2], activation="tanh", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=optimizer, batch_size=batch_size, seed=0)
    trainer.fit(X, Y, epochs=epochs, sample_weight=weight, callbacks=callbacks)
    return trainer


def influence(folder, optimizer, **settings):
    trainer = train(optimizer, callbacks=fastbp.Record(folder, every=1, weights="all"), **settings)
    told = influences(trainer, Recording(folder), *ASKED, top=None)
    found = np.zeros(24)
    found[told["row"]] = told["contribution"]
    return trainer, found


@pytest.mark.parametrize(
    "optimizer",
    [fastbp.SGD(1e-4), fastbp.SGD(1e-4, momentum=0.9), fastbp.SGD(1e-4, momentum=0.5, nesterov=True), fastbp.Adam(1e-5)],
    ids=str,
)
def test_for_small_steps_it_is_by_how_much_the_loss_falls(tmp_path, optimizer):
    before = train(optimizer, epochs=0).evaluate(*ASKED)["loss"]
    trainer, found = influence(tmp_path / "r", optimizer, batch_size=5)
    fallen = before - trainer.evaluate(*ASKED)["loss"]
    assert found.sum() == pytest.approx(fallen, rel=2e-3) and fallen != 0


@pytest.mark.parametrize("optimizer", [fastbp.SGD(0.2), fastbp.SGD(0.05, momentum=0.8)], ids=str)
def test_it_is_near_what_leaving_a_row_out_does(tmp_path, optimizer):
    trainer, found = influence(tmp_path / "r", optimizer)
    whole, without = trainer.evaluate(*ASKED)["loss"], np.zeros(24)
    for row in range(24):
        weight = np.ones(24)
        weight[row] = 0
        without[row] = train(optimizer, weight).evaluate(*ASKED)["loss"] - whole
    ranks = [np.argsort(np.argsort(each)) for each in (found, without)]
    assert np.corrcoef(*ranks)[0, 1] > 0.9


def test_what_is_refused(tmp_path):
    trainer = train("sgd", callbacks=fastbp.Record(tmp_path / "some", weights=3))
    with pytest.raises(ValueError, match="need a recording of all layers with weights="):
        influences(trainer, Recording(tmp_path / "some"), *ASKED)
    other = fastbp.Trainer(fastbp.MLP([3, 5, 2], seed=0), loss="cross_entropy")
    with pytest.raises(ValueError, match=r"a net of \[3, 4, 2\]; that of the trainer is \[3, 5, 2\]"):
        influences(other, Recording(tmp_path / "some"), *ASKED)
    normalised = fastbp.Trainer(fastbp.MLP([3, 4, 2], normalization="layer", seed=0), loss="cross_entropy")
    with pytest.raises(ValueError, match="the model is normalised"):
        influences(normalised, Recording(tmp_path / "some"), *ASKED)
