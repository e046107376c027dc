"""Seeds and single calls."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_task import LABELS, OPTIMIZERS, N, X, bits, make

import fastbp


def test_without_a_seed_trainers_differ():
    assert make(seed=None).seed != make(seed=None).seed


def model_and_memory(trainer):
    return {name: value for name, value in bits(trainer).items() if name[0] in ("model", "optimizer")}


def test_seeds_reproduce_every_bit():
    runs = [make(seed=seed) for seed in (3, 3, 4)]
    for trainer in runs:
        trainer.fit(X, LABELS, epochs=2)
    assert bits(runs[0]) == bits(runs[1]) != bits(runs[2])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_step_is_a_fit_of_one_batch(optimizer):
    fitted, stepped = make(optimizer, batch_size=None), make(optimizer, batch_size=None)
    fitted.fit(X, LABELS, epochs=3)
    losses = [stepped.step(X, LABELS) for _ in range(3)]
    assert losses == fitted.history.loss
    assert model_and_memory(stepped) == model_and_memory(fitted)
    assert (stepped.steps, stepped.epoch, len(stepped.history)) == (3, 0, 0)


def test_steps_over_batches_are_an_epoch():
    fitted, stepped = make(shuffle=False), make(shuffle=False)
    fitted.fit(X, LABELS, epochs=1)
    for first in range(0, N, 8):
        stepped.step(X[first : first + 8], LABELS[first : first + 8])
    assert model_and_memory(stepped) == model_and_memory(fitted)


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
