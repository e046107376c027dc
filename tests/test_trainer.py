"""Epochs, the order of the rows, single calls, history."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_task import LABELS, OPTIMIZERS, TARGETS, N, Recorder, X, bits, make

import fastbp

# Fit again


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fit_again_goes_on_where_it_stands(optimizer):
    whole, parts = make(optimizer), make(optimizer)
    whole.fit(X, LABELS, epochs=5, validation_data=(X, LABELS))
    parts.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    history = parts.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    assert bits(parts) == bits(whole)
    assert history is parts.history and len(history) == parts.epoch == 5


@pytest.mark.parametrize("batch_size", [1, 7, 8, 50, 51, 10**9, None])
def test_steps_of_an_epoch(batch_size):
    trainer = make(batch_size=batch_size)
    trainer.fit(X, LABELS, epochs=2)
    assert trainer.steps == 2 * -(-N // (batch_size or N))
    assert trainer.epoch == 2


def test_a_batch_larger_than_the_data_is_the_data():
    runs = [make(batch_size=size) for size in (None, N, 10**9)]
    for trainer in runs:
        trainer.fit(X, LABELS, epochs=3)
    assert bits(runs[0]) == bits(runs[1]) == bits(runs[2])


def test_no_epochs_are_no_change():
    trainer = make()
    before = bits(trainer)
    history = trainer.fit(X, LABELS, epochs=0)
    assert bits(trainer) == before and len(history) == 0 and history.stopped == "epochs"


def test_fit_on_other_data_starts_a_new_epoch():
    trainer = make(batch_size=8)
    trainer.fit(X, LABELS, epochs=1)
    trainer.fit(X[:9], LABELS[:9], epochs=1)
    assert (trainer.steps, trainer.epoch) == (7 + 2, 2)


# Order of the rows


def orders(epochs, **settings):
    """The rows of each epoch in the order of their visits.

    A row feeds a weight of its own; the common bias takes a tenth of the error with every step, so a later visit gives a smaller weight.
    """
    n = 12
    model = fastbp.MLP([n, 1], init="zeros", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.05), batch_size=1, **settings)
    found = []
    for _ in range(epochs):
        model.network.parameters[:] = 0
        trainer.fit(np.eye(n), np.ones(n), epochs=1)
        weights = model.weights[0][:, 0]
        assert_allclose(np.sort(weights)[::-1], 0.1 * 0.9 ** np.arange(n), rtol=1e-5)  # one visit each
        found.append(tuple(np.argsort(-weights)))
    return found


def test_each_epoch_visits_each_row_once():
    assert all(sorted(order) == list(range(12)) for order in orders(3, seed=0))


def test_orders_differ_by_epoch_and_follow_the_seed():
    first, again, other = orders(4, seed=0), orders(4, seed=0), orders(4, seed=1)
    assert len(set(first)) == 4
    assert first == again
    assert not set(first) & set(other)


def test_without_shuffling_the_order_is_the_datas():
    assert orders(3, seed=0, shuffle=False) == [tuple(range(12))] * 3


def test_without_a_seed_trainers_differ():
    assert make(seed=None).seed != make(seed=None).seed


def test_seeds_reproduce_every_bit():
    runs = [make(seed=seed) for seed in (3, 3, 4)]
    for trainer in runs:
        trainer.fit(X, LABELS, epochs=2)
    assert bits(runs[0]) == bits(runs[1]) != bits(runs[2])


# Single calls


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_step_is_a_fit_of_one_batch(optimizer):
    fitted, stepped = make(optimizer, batch_size=None), make(optimizer, batch_size=None)
    fitted.fit(X, LABELS, epochs=3)
    losses = [stepped.step(X, LABELS) for _ in range(3)]
    assert losses == fitted.history.loss
    assert bits(stepped)[3:] == bits(fitted)[3:]
    assert (stepped.steps, stepped.epoch, len(stepped.history)) == (3, 0, 0)


def test_steps_over_batches_are_an_epoch():
    fitted, stepped = make(shuffle=False), make(shuffle=False)
    fitted.fit(X, LABELS, epochs=1)
    for first in range(0, N, 8):
        stepped.step(X[first : first + 8], LABELS[first : first + 8])
    assert bits(stepped)[3:] == bits(fitted)[3:]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_loss_and_gradients_change_nothing(optimizer):
    watched, plain = make(optimizer), make(optimizer)
    for trainer in (watched, plain):
        trainer.fit(X, LABELS, epochs=1)
    before = bits(watched)
    first = watched.loss_and_gradients(X, LABELS)
    again = watched.loss_and_gradients(X, LABELS)
    assert bits(watched) == before
    assert first[0] == again[0] and all(np.array_equal(a, b) for a, b in zip(first[1] + first[2], again[1] + again[2], strict=True))
    for trainer in (watched, plain):
        trainer.fit(X, LABELS, epochs=1)
    assert bits(watched) == bits(plain)


def test_gradients_have_the_shapes_of_the_parameters_and_are_the_callers():
    trainer = make("sgd")
    loss, weights, biases = trainer.loss_and_gradients(X, LABELS)
    assert type(loss) is float
    assert [g.shape for g in weights] == [w.shape for w in trainer.model.weights]
    assert [g.shape for g in biases] == [b.shape for b in trainer.model.biases]
    kept = weights[0].copy()
    trainer.loss_and_gradients(X[:5], LABELS[:5])
    assert np.array_equal(weights[0], kept)


def test_sgd_step_follows_the_gradient():
    trainer = make(fastbp.SGD(0.5), batch_size=None, dtype="float64")
    before = [w.copy() for w in trainer.model.weights]
    loss, gradients, _ = trainer.loss_and_gradients(X, LABELS)
    assert trainer.step(X, LABELS) == loss
    for old, gradient, new in zip(before, gradients, trainer.model.weights, strict=True):
        assert_allclose(new, old - 0.5 * gradient, rtol=1e-14, atol=1e-16)


# Evaluate and predict


@pytest.mark.parametrize("rows", [1, 50, 600])
def test_evaluate_agrees_with_predict(rows):
    inputs = np.resize(X, (rows, 3)) * np.linspace(0.1, 1, rows, dtype=np.float32)[:, np.newaxis]
    labels = (inputs[:, 0] > 0.05).astype(int)
    trainer = make()
    trainer.fit(X, LABELS, epochs=5)
    scores, p = trainer.evaluate(inputs, labels), trainer.model.predict(inputs).astype(np.float64)
    assert set(scores) == {"loss", "accuracy"} and all(type(score) is float for score in scores.values())
    assert_allclose(scores["loss"], -np.log(p[np.arange(rows), labels]).mean(), rtol=1e-5)
    assert_allclose(scores["accuracy"], (p.argmax(axis=1) == labels).mean(), rtol=1e-6)


def test_evaluate_agrees_with_predict_for_squared_error():
    trainer = make(loss="squared_error")
    trainer.fit(X, TARGETS, epochs=3)
    scores = trainer.evaluate(X, TARGETS)
    assert scores.keys() == {"loss"}
    assert_allclose(scores["loss"], ((trainer.model.predict(X).astype(float) - TARGETS) ** 2).mean(), rtol=1e-5)


def test_evaluate_agrees_with_predict_for_binary_cross_entropy():
    trainer = make(loss="binary_cross_entropy")
    bits_wanted = (TARGETS > 0).astype(float)
    trainer.fit(X, bits_wanted, epochs=5)
    scores, p = trainer.evaluate(X, bits_wanted), trainer.model.predict(X).astype(float)
    assert_allclose(scores["loss"], -np.log(np.where(bits_wanted == 1, p, 1 - p)).mean(), rtol=1e-5)
    assert_allclose(scores["accuracy"], ((p > 0.5) == bits_wanted).mean(), rtol=1e-6)


def test_evaluate_predict_and_gradients_agree_on_the_loss():
    trainer = make(dtype="float64")
    trainer.fit(X, LABELS, epochs=1)
    weights = np.linspace(0, 2, N)
    assert_allclose(trainer.evaluate(X, LABELS)["loss"], trainer.loss_and_gradients(X, LABELS)[0], rtol=1e-13)
    weighted = trainer.evaluate(X, LABELS, weights)["loss"], trainer.loss_and_gradients(X, LABELS, weights)[0]
    assert_allclose(*weighted, rtol=1e-13)


def test_evaluate_and_predict_change_nothing():
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    before = bits(trainer)
    trainer.evaluate(X, LABELS)
    trainer.model.predict(X)
    assert bits(trainer) == before


# History


def test_history_has_an_entry_an_epoch():
    trainer = make()
    trainer.fit(X, LABELS, epochs=2)
    history = trainer.fit(X, LABELS, epochs=3, validation_data=(X[:9], LABELS[:9]))
    lengths = {len(getattr(history, name)) for name in ("loss", "val_loss", "val_accuracy", "seconds", "samples_per_second")}
    assert lengths == {5} and len(history) == 5
    assert history.val_loss[:2] == history.val_accuracy[:2] == [None, None]
    assert {"loss": history.val_loss[-1], "accuracy": history.val_accuracy[-1]} == trainer.evaluate(X[:9], LABELS[:9])
    assert all(seconds > 0 for seconds in history.seconds)
    assert_allclose(history.samples_per_second, N / np.array(history.seconds))


def test_history_of_a_loss_without_accuracy():
    history = make(loss="squared_error").fit(X, TARGETS, epochs=1, validation_data=[X, TARGETS])
    assert history.val_accuracy == [None] and history.val_loss[0] > 0


def test_history_loss_is_the_mean_over_rows_before_each_update():
    trainer, stepped = make("sgd", shuffle=False), make("sgd", shuffle=False)
    history = trainer.fit(X, LABELS, epochs=1)
    parts = [slice(first, first + 8) for first in range(0, N, 8)]
    losses = [stepped.step(X[part], LABELS[part]) for part in parts]
    assert_allclose(history.loss, np.average(losses, weights=[len(X[part]) for part in parts]), rtol=1e-12)


def test_validation_leaves_no_trace_in_the_training():
    plain, validated = make(), make()
    plain.fit(X, LABELS, epochs=3)
    validated.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    assert bits(plain)[3:] == bits(validated)[3:] and plain.history.loss == validated.history.loss


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, None])
def test_watching_full_batch_training_changes_no_bit(threads, dtype):
    """Epochs of one step that nobody watches run together."""
    alone, watched = make(batch_size=None, threads=threads, dtype=dtype), make(batch_size=None, threads=threads, dtype=dtype)
    alone.fit(X, LABELS, epochs=300)
    watched.fit(X, LABELS, epochs=300, callbacks=Recorder())
    assert bits(alone) == bits(watched)
    assert len(alone.history) == alone.epoch == alone.steps == 300
