"""The ledger of a batch: its numbers are those of the trainer, for all that fastbp has, and its sums are conserved."""

import numpy as np
import pytest
from ledger import LIMITS, NORMS, SOME, deep, from_outputs, from_rows, of_kind

import fastbp
from fastbp.verification.problems import random_inputs, random_model, random_targets


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("normalization", NORMS)
def test_contributions_sum_to_the_gradients_for_every_activation_loss_and_output(normalization, dtype):
    limit, wrong = LIMITS[dtype], []
    for kind in SOME:
        trainer, data = of_kind(*kind, normalization, dtype)
        trace, (loss, *gradients) = trainer.trace(*data), trainer.loss_and_gradients(*data)
        # Of float32 by the largest gradient: in a layer's mean, which normalisation takes away, errors cancel that were rounded before.
        whole, without_a_row = from_rows(trace, gradients, together=dtype == "float32")
        if not (abs(loss - trace.loss) <= limit * np.abs(trace.losses).sum() and whole <= limit and without_a_row > 1e-3):
            wrong.append([*map(str, kind), loss - trace.loss, whole, without_a_row])
    assert wrong == []


@pytest.mark.parametrize("normalization", NORMS)
def test_errors_of_the_outputs_sum_to_the_deltas_for_every_activation_loss_and_output(normalization):
    wrong = []
    for kind in SOME:
        trainer, data = of_kind(*kind, normalization)
        whole, without_an_output = from_outputs(trainer.trace(*data))
        if not (whole <= 1e-12 and without_an_output > 1e-3):
            wrong.append([*map(str, kind), whole, without_an_output])
    assert wrong == []


def test_functions_of_the_users_keep_the_laws():
    activation = fastbp.CustomActivation(lambda z: z * abs(z), lambda z: 2 * abs(z))
    loss = fastbp.CustomLoss(lambda p, t: (p - t) ** 4, lambda p, t: 4 * (p - t) ** 3)
    for normalization in NORMS:
        trainer, data = of_kind(activation, loss, fastbp.Identity(), normalization)
        trace = trainer.trace(*data)
        assert from_rows(trace, trainer.loss_and_gradients(*data)[1:])[0] < 1e-12 and from_outputs(trace)[0] < 1e-12


@pytest.mark.parametrize(
    ("loss", "output"),
    [("squared_error", "identity"), ("squared_error", "softmax"), (fastbp.Hinge(), "auto"), (fastbp.Quantile([0.1, 0.5, 0.9]), "auto")],
    ids=str,
)
def test_missing_targets_lose_nothing_and_pull_at_nothing(loss, output):
    targets = random_targets(loss, 7, 6)
    targets[2, 0] = targets[5] = np.nan
    model = random_model([3, 4, 6], activation="tanh", output_activation=output)
    trainer, X = fastbp.Trainer(model, loss=loss, missing_targets="ignore"), random_inputs(7, 3)
    trace, (value, *gradients) = trainer.trace(X, targets), trainer.loss_and_gradients(X, targets)
    assert trace.loss == pytest.approx(value, rel=1e-12) and from_rows(trace, gradients)[0] < 1e-12
    assert trace.losses[5] == 0 and not trace.deltas[-1][5].any() and np.isnan(trace.targets[5]).all()


@pytest.mark.parametrize("rows", [6, 30])
@pytest.mark.parametrize("normalization", NORMS)
def test_dropout_and_noise_are_those_of_the_next_step(normalization, rows):
    between = {"normalization": normalization, "dropout": (0.3, 0, 0.2), "input_dropout": 0.2, "input_noise": 0.1}
    trainer, X, y = deep(rows, **between)
    trainer.step(X, y)
    trace = trainer.trace(X, y)
    value, *gradients = trainer.loss_and_gradients(X, y)
    # The kernels' factors of noise and dropout are of their own type, and so the trace's.
    assert trace.loss == pytest.approx(value, rel=1e-12) and from_rows(trace, gradients)[0] < 1e-12
    assert trainer.step(X, y) == pytest.approx(trace.loss, rel=1e-12)
    assert trainer.trace(X, y).loss != trace.loss


def test_a_schedule_of_dropout_is_followed():
    trainer, X, y = deep(dropout=lambda step: 0.5 if step == 2 else 0.0)
    assert all((mask == 1).all() for mask in trainer.trace(X, y).masks)
    trainer.step(X, y)
    assert {*np.unique(trainer.trace(X, y).masks[2])} == {0.0, 2.0}
    assert trainer.trace(X, y).loss == pytest.approx(trainer.loss_and_gradients(X, y)[0], rel=1e-12)


def test_of_the_textbook_net_every_number_is_that_of_the_formulas():
    model = fastbp.MLP([2, 2, 1], output_activation="sigmoid", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.25))
    trace = trainer.trace([[1, 1], [0, 1]], [0, 1], [1, 3])
    h, a = trace.activations[1:]
    assert trace.shares.tolist() == [0.25, 0.75] and (trace.losses == trace.shares * ((a - [[0], [1]]) ** 2)[:, 0]).all()
    np.testing.assert_allclose(trace.errors[1], trace.shares[:, np.newaxis] * 2 * (a - [[0], [1]]), rtol=1e-15)
    np.testing.assert_allclose(trace.slopes[1], a * (1 - a), rtol=1e-15)
    np.testing.assert_allclose(trace.deltas[1], trace.errors[1] * trace.slopes[1], rtol=1e-15)
    np.testing.assert_allclose(trace.errors[0], trace.deltas[1] @ model.weights[1].T, rtol=1e-15)
    np.testing.assert_allclose(trace.deltas[0], trace.errors[0] * h * (1 - h), rtol=1e-14)
    np.testing.assert_allclose(trace.sums[0], [[1, 1], [0, 1]] @ model.weights[0] + model.biases[0], rtol=1e-15)
    assert trace.normalized[0] is trace.sums[0] and trace.scale_gradients == [] and trace.inputs is trace.activations[0]
    assert (trace.loss_name, trace.optimizer_name, trace.learning_rate) == ("squared_error", "sgd", 0.25)
    assert trace.activation_names == ("sigmoid", "sigmoid") and trace.layer_sizes == (2, 2, 1) and trace.labels is None


def test_labels_are_those_of_the_model():
    model = fastbp.MLP([2, 3], classes=["a", "b", "c"], seed=0)
    trace = fastbp.Trainer(model, loss="cross_entropy").trace([[0, 1], [1, 1]], ["c", "a"])
    assert trace.labels.tolist() == [2, 0] and trace.targets.tolist() == [[0, 0, 1], [1, 0, 0]] and trace.classes == ("a", "b", "c")
    assert trace.slopes == [None] and trace.errors == [None]
    yes_or_no = fastbp.Trainer(fastbp.MLP([2, 1], seed=0), loss="binary_cross_entropy")
    assert yes_or_no.trace([[0, 1], [1, 1]], [0.0, 1.0]).labels.tolist() == [0, 1]


def test_the_learning_rate_is_that_of_the_next_step():
    optimizer = fastbp.SGD(lambda step: 0.5 / step)
    trainer = fastbp.Trainer(fastbp.MLP([1, 1], seed=0), loss="squared_error", optimizer=optimizer)
    first = trainer.trace([[1.0]], [1.0]).learning_rate
    trainer.step([[1.0]], [1.0])
    assert first == 0.5 and trainer.trace([[1.0]], [1.0]).learning_rate == 0.25
    solver = fastbp.Trainer(fastbp.MLP([1, 1], seed=0), loss="squared_error", optimizer="lbfgs")
    assert solver.trace([[1.0]], [1.0]).learning_rate is None


def test_nothing_of_the_trainer_changes():
    trainer, X, y = deep()
    before = trainer.model.network.parameters.copy()
    trace = trainer.trace(X, y)
    trace.weights[0][...] = 0
    assert (trainer.model.network.parameters == before).all() and trainer.steps == 0 and trainer.model.output_is_auto
    with pytest.raises(ValueError, match="X has 4 columns"):
        trainer.trace(X[:, :4], y)
