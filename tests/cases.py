"""Nets and data for the tests, drawn from a seed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import reference

import fastbp


def random_model(layer_sizes, *, seed=0, dtype="float64", **settings):
    """A model whose biases are not zero either."""
    random = np.random.default_rng(seed)
    weights = [random.normal(0, n_in**-0.5, (n_in, n_out)) for n_in, n_out in pairwise(layer_sizes)]
    biases = [random.normal(0, 0.5, n_out) for n_out in layer_sizes[1:]]
    return fastbp.MLP(layer_sizes, init=(weights, biases), dtype=dtype, **settings)


def random_inputs(rows, columns, *, seed=0, dtype="float64"):
    return np.random.default_rng([seed, 1]).normal(size=(rows, columns)).astype(dtype)


def random_targets(loss, rows, columns, *, seed=0, dtype="float64"):
    """Targets (rows, columns) that the loss takes; rows of probabilities for cross_entropy."""
    random = np.random.default_rng([seed, 2])
    if loss == "squared_error":
        return random.normal(size=(rows, columns)).astype(dtype)
    uniform = random.uniform(0.05, 0.95, (rows, columns))
    if loss == "cross_entropy":
        uniform /= uniform.sum(axis=1, keepdims=True)
    return uniform.astype(dtype)


def random_weights(rows, *, seed=0):
    return np.random.default_rng([seed, 3]).uniform(0.1, 3.0, rows)


def close(found, wanted, *, rtol, atol=0.0):
    """Compare two lists of arrays, each against the size of its largest number: a sum's rounding error is relative to its terms."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        scale = max(np.abs(other).max(initial=0), 1e-300)
        np.testing.assert_allclose(one, other, rtol=0, atol=rtol * scale + atol)


def net_after_training(trainer, X, targets, **training):
    """What the oracle makes of a trainer's model, and its losses; the model is left alone."""
    net = reference.net_of(trainer.model)
    settings = vars(trainer.optimizer)
    return net, reference.train(net, trainer.loss.name, trainer.optimizer.name, settings, X, targets, **training)
