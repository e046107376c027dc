"""The influence of rows is what first-order calculus says, and near what leaving a row out and training again does."""

import numpy as np
import pytest

import fastbp
from fastbp.trace import Recording, influences

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 3))
Y = ((X[:, 0] + 0.5 * RANDOM.normal(size=24)) > 0).astype(int)
ASKED = np.array([[0.3, -0.5, 0.2]]), np.array([1])
# Averages that stay are part of the net: what is found is then all that changes a prediction.
STILL = fastbp.BatchNorm(momentum=0)


def make(optimizer, normalization=None, batch_size=None):
    model = fastbp.MLP([3, 4, 2], activation="tanh", normalization=normalization, dtype="float64", seed=0)
    for means, variances in zip(model.running_means, model.running_variances, strict=True):
        means[...], variances[...] = (0.5, 0, -0.25, 0.1), (2, 1, 0.5, 1.5)
    return fastbp.Trainer(model, loss="cross_entropy", optimizer=optimizer, batch_size=batch_size, seed=0)


def train(optimizer, weight=None, callbacks=(), epochs=12, **settings):
    trainer = make(optimizer, **settings)
    trainer.fit(X, Y, epochs=epochs, sample_weight=weight, callbacks=callbacks)
    return trainer


def influence(folder, optimizer, **settings):
    trainer = train(optimizer, callbacks=fastbp.Record(folder, every=1, weights="all"), **settings)
    told = influences(trainer, Recording(folder), *ASKED, top=None)
    found = np.zeros(24)
    found[told["row"]] = told["contribution"]
    return trainer, found, told


@pytest.mark.parametrize(
    ("optimizer", "normalization"),
    [
        (fastbp.SGD(1e-4), None), (fastbp.SGD(1e-4, momentum=0.9), None), (fastbp.SGD(1e-4, momentum=0.5, nesterov=True), None),
        (fastbp.Adam(1e-5), None), (fastbp.SGD(1e-4, momentum=0.9), "layer"), (fastbp.Adam(1e-5), "layer"),
        (fastbp.SGD(1e-4, momentum=0.9), STILL), (fastbp.Adam(1e-5), STILL),
    ],
    ids=str,
)  # fmt: skip
def test_for_small_steps_it_is_by_how_much_the_loss_falls(tmp_path, optimizer, normalization):
    settings = {"normalization": normalization, "batch_size": 5}
    before = train(optimizer, epochs=0, **settings).evaluate(*ASKED)["loss"]
    trainer, found, told = influence(tmp_path / "r", optimizer, **settings)
    fallen = before - trainer.evaluate(*ASKED)["loss"]
    assert found.sum() == pytest.approx(fallen, rel=2e-3) and fallen != 0
    assert told.total == pytest.approx(found.sum(), rel=1e-9) and abs(told.rest) < 1e-9 * np.abs(found).sum()


@pytest.mark.parametrize("normalization", [None, "layer", STILL], ids=str)
@pytest.mark.parametrize("every", [1, 3])
def test_what_lowered_the_loss_beside_the_rows_is_the_rest(tmp_path, every, normalization):
    optimizer, settings = fastbp.SGD(1e-4, momentum=0.9, weight_decay=0.5), {"normalization": normalization, "epochs": 3}
    trainer = train(optimizer, callbacks=fastbp.Record(tmp_path / "r", every=every, weights="all"), **settings)
    told = influences(trainer, Recording(tmp_path / "r"), *ASKED, top=None)
    assert abs(told.rest) > 0.01 * np.abs(told["contribution"]).sum()
    if every == 1:
        fallen = train(optimizer, epochs=0, normalization=normalization).evaluate(*ASKED)["loss"] - trainer.evaluate(*ASKED)["loss"]
        assert told.total == pytest.approx(fallen, rel=2e-3)


@pytest.mark.parametrize("normalization", ["layer", STILL], ids=str)
def test_of_one_step_each_row_has_its_gradient_times_that_of_the_prediction(tmp_path, normalization):
    trainer = make(fastbp.SGD(0.1), normalization)
    slopes, trace = _slopes(trainer), trainer.trace(X, Y)
    gradients = [_of_row(trace, row) for row in range(24)]
    if normalization == "layer":
        # Of a row alone, as the kernels have it; of a batch, a 24th.
        alone = [trainer.loss_and_gradients(X[[row]], Y[[row]])[1:] for row in range(24)]
        gradients = [np.concatenate([g.ravel() for kind in kinds for g in kind]) / 24 for kinds in alone]
    trainer.fit(X, Y, epochs=1, callbacks=fastbp.Record(tmp_path / "r", every=1, weights="all"))
    told = influences(trainer, Recording(tmp_path / "r"), *ASKED, top=None)
    found = dict(zip(told["row"].tolist(), told["contribution"].tolist(), strict=True))
    wanted = [0.1 * float(gradient @ slopes) for gradient in gradients]
    assert [found[row] for row in range(24)] == pytest.approx(wanted, rel=1e-5, abs=1e-9) and len(set(wanted)) == 24


def _of_row(trace, row):
    """What comes through the sums of a row: of all weights, biases, scales and shifts."""
    a, deltas = ([each[row] for each in arrays] for arrays in (trace.activations, trace.deltas))
    errors = trace.errors[0][row] * trace.slopes[0][row]
    x = (trace.normalized[0][row] - trace.net.shifts[0]) / trace.net.scales[0]
    weights = [np.outer(*each).ravel() for each in zip(a, deltas, strict=False)]
    # Biases before a batch is normalised move nothing.
    return np.concatenate([*weights, 0 * deltas[0], deltas[1], errors * x, errors])


def _slopes(trainer, h=1e-5):
    """The derivatives of the loss of the prediction by the same, as quotients of differences."""
    model, found = trainer.model, []
    for array in (*model.weights, *model.biases, *model.scales, *model.shifts):
        for place in np.ndindex(array.shape):
            held, losses = array[place], []
            for value in (held + h, held - h):
                array[place] = value
                losses.append(trainer.evaluate(*ASKED)["loss"])
            array[place] = held
            found.append((losses[0] - losses[1]) / (2 * h))
    return np.array(found)


@pytest.mark.parametrize(
    ("optimizer", "normalization"),
    [(fastbp.SGD(0.2), None), (fastbp.SGD(0.05, momentum=0.8), None), (fastbp.SGD(0.05), "layer")],
    ids=str,
)
def test_it_is_near_what_leaving_a_row_out_does(tmp_path, optimizer, normalization):
    trainer, found, _ = influence(tmp_path / "r", optimizer, normalization=normalization)
    whole, without = trainer.evaluate(*ASKED)["loss"], np.zeros(24)
    for row in range(24):
        weight = np.ones(24)
        weight[row] = 0
        without[row] = train(optimizer, weight, normalization=normalization).evaluate(*ASKED)["loss"] - whole
    ranks = [np.argsort(np.argsort(each)) for each in (found, without)]
    assert np.corrcoef(*ranks)[0, 1] > 0.9


def test_what_is_refused(tmp_path):
    trainer = train("sgd", callbacks=fastbp.Record(tmp_path / "some", weights=3))
    with pytest.raises(ValueError, match="need a recording of all layers with weights="):
        influences(trainer, Recording(tmp_path / "some"), *ASKED)
    other = fastbp.Trainer(fastbp.MLP([3, 5, 2], seed=0), loss="cross_entropy")
    with pytest.raises(ValueError, match=r"a net of \[3, 4, 2\]; that of the trainer is \[3, 5, 2\]"):
        influences(other, Recording(tmp_path / "some"), *ASKED)
    with pytest.raises(ValueError, match="a net with normalization=None; that of the trainer has 'layer'"):
        influences(make("sgd", "layer"), Recording(tmp_path / "some"), *ASKED)
