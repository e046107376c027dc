"""Passes over a data set that change nothing: predictions, losses, accuracies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastbp import layout
from fastbp._typing import Array
from fastbp.data.rows import Rows
from fastbp.kernels.arguments import Network, Objective, Rule
from fastbp.kernels.codes import COEFFICIENTS, LOSS_SETTINGS, NO_LOSS, NO_UPDATE, PREDICT, SCORE
from fastbp.kernels.loader import programs
from fastbp.losses import Loss
from fastbp.processors.threads import running

#: Rows in a batch: enough to feed every thread, few enough to stay in cache. Part of a score's bits, since it fixes the order of the sum.
ROWS = 256
# Batches in a run, between which Python sees control.
_BATCHES = 64


def score(network: Network, rows: Rows, loss: Loss, size: int, tasks: int) -> NDArray[np.float64]:
    """Loss and accuracy, in batches of `size` rows."""
    objective = layout.objective(loss, network.parameters.dtype)
    results = np.zeros((-(-rows.n_rows // size), 2), network.parameters.dtype)
    for first in range(0, rows.n_rows, _BATCHES * size):
        begin = first // size
        _run(SCORE, network, rows, objective, first, size, results[begin : begin + _BATCHES], tasks)
    total: NDArray[np.float64] = results.sum(axis=0, dtype=np.float64)
    return total


def predict(network: Network, rows: Rows, size: int, tasks: int) -> Array:
    """What the output layer gives, as (rows, outputs)."""
    out: Array = np.empty((rows.n_rows, int(network.table[-1, 1])), network.parameters.dtype)
    nothing = Objective(NO_LOSS, np.zeros(LOSS_SETTINGS, out.dtype))
    for first in range(0, rows.n_rows, _BATCHES * size):
        _run(PREDICT, network, rows, nothing, first, size, out, tasks)
    return out


def _run(kind: int, network: Network, rows: Rows, objective: Objective, first: int, size: int, results: Array, tasks: int) -> None:
    dtype = network.parameters.dtype
    nothing = np.zeros((1, COEFFICIENTS), dtype)
    data = rows.data(np.arange(min(rows.n_rows, first + _BATCHES * size)))
    buffers = layout.workspace(network, size, rows.target_width, tasks, training=False)
    rule = Rule(NO_UPDATE, 0, nothing, nothing[0], nothing[0])
    with running(tasks) as granted:
        programs().run(kind, network, buffers, data, rule, objective, first, size, dtype.type(rows.total_weight), results, granted)
