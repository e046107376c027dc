"""Nets and data to compare results on, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.losses import Loss, as_loss
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer
from fastbp.trainer import Trainer
from fastbp.verification import reference


def random_model(layer_sizes: Sequence[int], *, seed: int = 0, dtype: str = "float64", **settings: Any) -> MLP:
    """A model whose biases are not zero either."""
    random = np.random.default_rng(seed)
    weights = [random.normal(0, n_in**-0.5, (n_in, n_out)) for n_in, n_out in pairwise(layer_sizes)]
    biases = [random.normal(0, 0.5, n_out) for n_out in layer_sizes[1:]]
    model = MLP(layer_sizes, init=(weights, biases), dtype=dtype, **settings)
    model.scales = [random.uniform(0.5, 1.5, scale.size) for scale in model.scales]
    model.shifts = [random.normal(0, 0.5, shift.size) for shift in model.shifts]
    return model


def random_inputs(rows: int, columns: int, *, seed: int = 0, dtype: str = "float64") -> Array:
    """Inputs (rows, columns)."""
    return np.random.default_rng([seed, 1]).normal(size=(rows, columns)).astype(dtype)


def random_targets(loss: str | Loss, rows: int, columns: int, *, seed: int = 0, dtype: str = "float64") -> Array:
    """Targets (rows, columns) that the loss takes; rows of probabilities for cross_entropy."""
    return as_loss(loss).reference_targets(np.random.default_rng([seed, 2]), rows, columns).astype(dtype)


def random_weights(rows: int, *, seed: int = 0) -> Array:
    """Weights of the rows."""
    return np.random.default_rng([seed, 3]).uniform(0.1, 3.0, rows)


def net_after_training(trainer: Trainer, X: Array, targets: Array, **training: Any) -> tuple[reference.Net, list[float]]:
    """What the oracle makes of a trainer's model, and its losses; the model is left alone."""
    net = reference.net_of(trainer.model)
    assert isinstance(trainer.optimizer, Optimizer)
    return net, reference.train(net, trainer.loss, trainer.optimizer, X, targets, **training)
