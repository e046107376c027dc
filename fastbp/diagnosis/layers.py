"""The statistics of each layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fastbp import layout
from fastbp._typing import Array
from fastbp.diagnosis.signals import Signal, signals
from fastbp.diagnosis.trial import Trial

# A unit is saturated that is flat on so many of the rows, as good as all of them.
_NEARLY_ALL = 0.95


@dataclass(frozen=True)
class LayerStatistics:
    """Numbers of a layer, of the rows looked at.

    Attributes
    ----------
    layer : int
    n_in, n_out : int
    activation : str
    weight_mean, weight_std, weight_largest : float
        Of the weights (n_in, n_out), without biases; the last is the largest absolute value.
    output_mean, output_std : float
        Of what the units give.
    dead : int
        Hidden units whose derivative is 0 on all rows (below a thousandth of the largest slope of the activation).
    saturated : int
        Hidden units of sigmoid, tanh and the like whose slope is below a tenth of its largest on 95 % of the rows.
    gradient_ratio : float
        Norm of the gradient dW of the mean loss, over that of W.
    update_ratio : float
        Norm of what the next step adds to W, over that of W. About 1e-3 is usual (A. Karpathy, CS231n notes, "Neural Networks Part 3").
    """

    layer: int
    n_in: int
    n_out: int
    activation: str
    weight_mean: float
    weight_std: float
    weight_largest: float
    output_mean: float
    output_std: float
    dead: int
    saturated: int
    gradient_ratio: float
    update_ratio: float


def statistics(trial: Trial, gradient: Array, update: Array) -> Iterator[LayerStatistics]:
    """Of each layer."""
    model, table = trial.run.model, trial.run.model.network.table
    of_loss, of_step = layout.matrices(gradient, table)[0], layout.matrices(update, table)[0]
    found = signals(model, trial.rows.inputs(trial.sample))
    for layer, (weights, signal) in enumerate(zip(model.weights, found, strict=True)):
        W = weights.astype(np.float64)
        own = float(W.mean()), float(W.std()), float(np.abs(W).max())
        ratios = _ratio(of_loss[layer], W), _ratio(of_step[layer], W)
        activation = str(model.activations[layer])
        yield LayerStatistics(layer, W.shape[0], W.shape[1], activation, *own, signal.mean, signal.std, *_counts(signal), *ratios)


def _counts(signal: Signal) -> tuple[int, int]:
    """Dead units, and saturated ones."""
    if signal.flat is None:
        return 0, 0
    if signal.saturates:
        return 0, int((signal.flat >= _NEARLY_ALL).sum())
    return int((signal.flat == 1).sum()), 0


def _ratio(change: Array, W: Array) -> float:
    """The norms of both; of no weights infinite, unless nothing changes."""
    above, below = float(np.linalg.norm(change.astype(np.float64))), float(np.linalg.norm(W))
    if above == 0 or below == 0:
        return math.inf if above else 0.0
    return above / below
