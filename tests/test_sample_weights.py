"""Weights of the rows: what they do does not depend on how the rows are cut into batches."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_task import LABELS, TARGETS, N, X, make

import fastbp


@pytest.mark.parametrize(("batch_size", "epochs", "rate"), [(1, 15, 1e-3), (8, 30, 4e-3), (32, 60, 1e-2), (None, 300, 0.1)])
def test_a_rare_class_of_large_weight_counts_as_much_as_a_frequent_one(batch_size, epochs, rate):
    """3,000 zeros, and 100 ones of weight 30, with nothing to tell them by: p = 1/2."""
    y = np.repeat([0.0, 1.0], [3000, 100])
    trainer = fastbp.Trainer(
        fastbp.MLP([1, 1], init=([[[0.0]]], [[-2.0]])),
        loss="binary_cross_entropy",
        optimizer=fastbp.SGD(rate),
        batch_size=batch_size,
        seed=0,
    )
    history = trainer.fit(np.ones((3100, 1)), y, epochs=epochs, sample_weight=np.where(y == 1, 30.0, 1.0))
    assert trainer.model.predict([[1.0]])[0, 0] == pytest.approx(0.5, abs=0.06)
    assert history.loss[-1] == pytest.approx(np.log(2), abs=0.02)


@pytest.mark.parametrize(("loss", "y"), [("cross_entropy", LABELS), ("squared_error", TARGETS), ("binary_cross_entropy", TARGETS > 0)])
def test_a_weight_of_two_is_the_row_twice_and_of_zero_no_row(loss, y):
    counts = np.arange(N) % 3
    weighted, repeated = (make(loss=loss, batch_size=None, dtype="float64") for _ in range(2))
    twice = np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0)
    for _ in range(5):
        assert_allclose(weighted.step(X, y, sample_weight=counts), repeated.step(*twice), rtol=1e-12)
    weighted.fit(X, y, epochs=5, sample_weight=counts)
    repeated.fit(*twice, epochs=5)
    for ours, theirs in zip(weighted.model.weights, repeated.model.weights, strict=True):
        assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
    assert weighted.evaluate(X, y, counts) == pytest.approx(weighted.evaluate(*twice), rel=1e-12)


@pytest.mark.parametrize("scale", [0.5, 4.0, 2.0**40, 2.0**-100])
def test_a_power_of_two_that_all_weights_are_multiplied_with_changes_no_bit(scale):
    weights, found = np.linspace(0.25, 4, N), []
    for factor in (1.0, scale):
        trainer = make(batch_size=8)
        history = trainer.fit(X, LABELS, epochs=2, sample_weight=factor * weights, validation_data=(X, LABELS, factor * weights))
        found.append((trainer.model.network.parameters.tobytes(), history.loss, history.val_loss))
    assert found[0] == found[1]


def test_equal_weights_are_no_weights():
    runs = [make(batch_size=8) for _ in range(2)]
    runs[0].fit(X, LABELS, epochs=2)
    runs[1].fit(X, LABELS, epochs=2, sample_weight=np.full(N, 4.0))
    assert runs[0].history.loss == runs[1].history.loss


def test_very_small_and_very_large_weights_are_only_their_ratios():
    plain = make().evaluate(X, LABELS, np.arange(1.0, N + 1))
    for scale in (1e-300, 1e30):
        weights = scale * np.arange(1.0, N + 1)
        assert make(dtype="float64").evaluate(X, LABELS, weights)["loss"] == pytest.approx(plain["loss"], rel=1e-5)


def test_a_batch_of_weight_zero_moves_nothing():
    weights = np.zeros(N)
    weights[0] = 1
    trainer, single = (make(fastbp.SGD(rate), batch_size=1, shuffle=False) for rate in (0.1 / N, 0.1))
    trainer.fit(X, LABELS, epochs=1, sample_weight=weights)
    single.step(X[:1], LABELS[:1])
    for ours, theirs in zip(trainer.model.weights, single.model.weights, strict=True):
        assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_a_batch_counts_by_its_weights_among_those_of_the_set():
    """Two batches of two rows: in the first, all weights are three times those in the second."""
    X, y, weights = np.ones((4, 1)), np.array([1.0, 1.0, 0.0, 0.0]), np.array([3.0, 3.0, 1.0, 1.0])
    trainer = fastbp.Trainer(
        fastbp.MLP([1, 1], init="zeros", dtype="float64"), loss="squared_error", optimizer=fastbp.SGD(0.1), batch_size=2, shuffle=False
    )
    history = trainer.fit(X, y, epochs=1, sample_weight=weights)
    # The mean weight is 2. First batch: dL/dz = 3/2 * 2 * (0 - 1), and z becomes 0.1 * 3 by the weight, and again by the bias.
    assert_allclose(trainer.model.biases[0], 0.3 - 0.1 * 0.5 * 2 * 0.6)
    assert history.loss == pytest.approx([(1.5 * 1 + 0.5 * 0.6**2) / 2])


def test_the_loss_of_an_epoch_that_changes_nothing_is_the_weighted_mean():
    weights = np.linspace(0, 5, N)
    for batch_size in (1, 7, None):
        trainer = make(fastbp.SGD(1e-12), dtype="float64", batch_size=batch_size)
        history = trainer.fit(X, LABELS, epochs=1, sample_weight=weights)
        assert history.loss[0] == pytest.approx(trainer.evaluate(X, LABELS, weights)["loss"], rel=1e-9)


def test_validation_data_may_have_weights():
    weights, trainer = np.linspace(0, 5, N), make()
    history = trainer.fit(X, LABELS, epochs=1, validation_data=(X, LABELS, weights))
    assert {"loss": history.val_loss[0], "accuracy": history.val_accuracy[0]} == trainer.evaluate(X, LABELS, weights)
    unweighted = make().fit(X, LABELS, epochs=1, validation_data=(X, LABELS, None))
    assert unweighted.val_loss == make().fit(X, LABELS, epochs=1, validation_data=(X, LABELS)).val_loss


# Scores


def all_right(rows, dtype, loss):
    X = np.random.default_rng(rows).normal(size=(rows, 3)).astype(dtype)
    model = fastbp.MLP([3, 3], output_activation="identity", init=([np.eye(3)], [np.zeros(3)]), dtype=dtype)
    return fastbp.Trainer(model, loss=loss), X, X.argmax(axis=1) if loss == "cross_entropy" else (X > 0).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("rows", [1, 7, 255, 5000, 60_000])
def test_all_right_is_an_accuracy_of_one(rows, loss, dtype):
    trainer, X, y = all_right(rows, dtype, loss)
    weights = np.random.default_rng(0).uniform(0.01, 3, rows)
    assert trainer.evaluate(X, y)["accuracy"] == trainer.evaluate(X, y, weights)["accuracy"] == 1.0


@pytest.mark.parametrize("wrong", [1, 3, 29_999])
def test_accuracy_is_a_whole_number_of_rows_over_all_rows(wrong):
    trainer, X, y = all_right(60_000, "float32", "cross_entropy")
    y[:wrong] = (y[:wrong] + 1) % 3
    assert trainer.evaluate(X, y)["accuracy"] == (60_000 - wrong) / 60_000


def test_the_loss_of_many_rows_is_added_up_in_double_precision():
    trainer, X, y = all_right(60_000, "float32", "cross_entropy")
    z = X.astype(np.float64)
    wanted = (np.log(np.exp(z).sum(axis=1)) - z.max(axis=1)).mean()
    assert trainer.evaluate(X, y)["loss"] == pytest.approx(wanted, rel=1e-7)
