"""Weights of the rows, defaults and settings."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_task import LABELS, OPTIMIZERS, TARGETS, N, X, bits, make

import fastbp

# Weights of the rows


@pytest.mark.parametrize(("loss", "y"), [("cross_entropy", LABELS), ("squared_error", TARGETS), ("binary_cross_entropy", TARGETS > 0)])
def test_a_weight_of_two_is_the_row_twice_and_of_zero_no_row(loss, y):
    counts = np.arange(N) % 3
    weighted, repeated = (make(loss=loss, batch_size=None, dtype="float64") for _ in range(2))
    for _ in range(5):
        a = weighted.step(X, y, sample_weight=counts)
        b = repeated.step(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
        assert_allclose(a, b, rtol=1e-12)
    for ours, theirs in zip(weighted.model.weights, repeated.model.weights, strict=True):
        assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
    scores = weighted.evaluate(X, y, counts), weighted.evaluate(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
    assert scores[0] == pytest.approx(scores[1], rel=1e-12)


def test_equal_weights_are_no_weights():
    runs = [make(batch_size=8) for _ in range(2)]
    runs[0].fit(X, LABELS, epochs=2)
    runs[1].fit(X, LABELS, epochs=2, sample_weight=np.full(N, 4.0))
    assert_allclose(runs[0].history.loss, runs[1].history.loss, rtol=1e-6)


def test_a_batch_of_weight_zero_moves_nothing():
    trainer = make("sgd", batch_size=1, shuffle=False)
    weights = np.zeros(N)
    weights[0] = 1
    single = make("sgd", batch_size=1)
    trainer.fit(X, LABELS, epochs=1, sample_weight=weights)
    single.step(X[:1], LABELS[:1])
    assert trainer.model.network.parameters.tobytes() == single.model.network.parameters.tobytes()


# Settings


def test_settings_of_the_optimizer_may_change_between_fits():
    changed = make(fastbp.SGD(0.1))
    changed.fit(X, LABELS, epochs=1)
    before = changed.model.network.parameters.copy()
    changed.optimizer.learning_rate = 1e-30
    changed.fit(X, LABELS, epochs=1)
    assert np.array_equal(changed.model.network.parameters, before)


def test_momentum_may_be_switched_on_and_off():
    switched, plain = make(fastbp.SGD(0.1)), make(fastbp.SGD(0.1))
    for trainer in (switched, plain):
        trainer.fit(X, LABELS, epochs=1)
    switched.optimizer.momentum = 0.9
    switched.fit(X, LABELS, epochs=1)
    plain.fit(X, LABELS, epochs=1)
    assert bits(switched) != bits(plain)
    switched.optimizer.momentum = 0.0
    switched.fit(X, LABELS, epochs=1)
    assert switched.run.memory.slots.shape[0] == 0


def test_another_optimizer_does_not_inherit_the_memory_of_the_last():
    switched, fresh = make("adam", batch_size=None), make("momentum", batch_size=None)
    switched.fit(X, LABELS, epochs=3)
    switched.optimizer = OPTIMIZERS["momentum"]()
    fresh.model.network.parameters[:] = switched.model.network.parameters
    switched.step(X, LABELS)
    fresh.step(X, LABELS)
    assert switched.model.network.parameters.tobytes() == fresh.model.network.parameters.tobytes()


def test_weights_written_between_fits_are_the_ones_trained():
    changed, fresh = make("sgd"), make("sgd", model_seed=1)
    changed.fit(X, LABELS, epochs=1)
    for own, given in zip(changed.model.weights + changed.model.biases, fresh.model.weights + fresh.model.biases, strict=True):
        own[...] = given
    assert changed.loss_and_gradients(X, LABELS)[0] == fresh.loss_and_gradients(X, LABELS)[0]
    assert changed.step(X, LABELS) == fresh.step(X, LABELS)
    assert changed.model.network.parameters.tobytes() == fresh.model.network.parameters.tobytes()


def test_default_arguments():
    def defaults(function):
        return {name: p.default for name, p in inspect.signature(function).parameters.items() if p.default is not p.empty}

    assert defaults(fastbp.Trainer) == {
        "optimizer": "sgd", "batch_size": 128, "shuffle": True, "seed": None, "threads": None, "precision": "float32",
    }  # fmt: skip
    assert defaults(fastbp.Trainer.fit) == {
        "validation_data": None, "sample_weight": None, "callbacks": (), "progress": "auto", "time_limit": None,
    }  # fmt: skip
    assert defaults(fastbp.MLP) == {
        "activation": "sigmoid", "output_activation": "auto", "init": "auto", "dtype": "float32", "seed": None,
    }  # fmt: skip
    assert set(inspect.signature(fastbp.Trainer).parameters) - defaults(fastbp.Trainer).keys() == {"model", "loss"}


@pytest.mark.parametrize(("name", "settings"), [
    ("sgd", {"learning_rate": 0.01, "momentum": 0, "nesterov": False, "weight_decay": 0}),
    ("rmsprop", {"learning_rate": 0.01, "alpha": 0.99, "epsilon": 1e-8, "momentum": 0, "centered": False, "weight_decay": 0}),
    ("adam", {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "weight_decay": 0}),
    ("adamw", {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01}),
])  # fmt: skip
def test_an_optimizers_name_stands_for_its_defaults(name, settings):
    trainer = fastbp.Trainer(fastbp.MLP([3, 2], seed=0), loss="cross_entropy", optimizer=name)
    assert vars(trainer.optimizer) == settings


@pytest.mark.parametrize(
    ("loss", "output"), [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid"), ("squared_error", "identity")]
)
def test_output_activation_follows_the_loss(loss, output):
    assert make(loss=loss).model.output_activation.name == output


def test_an_explicit_output_activation_is_obeyed():
    model = fastbp.MLP([3, 2], output_activation="sigmoid", seed=0)
    fastbp.Trainer(model, loss="squared_error")
    assert model.output_activation == fastbp.Sigmoid()


def test_repr_tells_the_settings():
    text = repr(make("adam"))
    assert "3-6-2" in text and "cross_entropy" in text and "Adam(learning_rate=0.01" in text and "batch_size=8" in text
