"""Defaults and settings."""

import inspect
from dataclasses import fields

import numpy as np
import pytest
from small_task import LABELS, OPTIMIZERS, X, bits, make

import fastbp
from fastbp.optimizers import Optimizer


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
        "missing_targets": "error", "class_weight": None, "average": None, "accumulate": 1, "mixup": 0.0,
        "shards": 1, "distributed": None,
    }  # fmt: skip
    assert defaults(fastbp.Trainer.fit) == {
        "validation_data": None, "validation_split": None, "metrics": (), "training_metrics": False, "sample_weight": None,
        "callbacks": (), "progress": "auto", "time_limit": None, "on_interrupt": "return",
    }  # fmt: skip
    assert defaults(fastbp.MLP) == {
        "activation": "sigmoid", "output_activation": "auto", "init": "auto", "dtype": "float32", "seed": None,
        "classes": None, "normalization": None, "dropout": 0.0, "input_dropout": 0.0, "input_noise": 0.0,
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
    common = {each.name: each.default for each in fields(Optimizer)}
    assert vars(trainer.optimizer) == settings | common


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
