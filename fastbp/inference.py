"""Passes over a data set that change nothing: predictions, losses, accuracies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastbp import layout
from fastbp._typing import Array
from fastbp.data.rows import Rows
from fastbp.kernels.arguments import N_OUT, Call, Data, Network, Objective, Rule, Workspace
from fastbp.kernels.codes import COEFFICIENTS, LOSS_SETTINGS, NO_UPDATE, PREDICT, SCORE
from fastbp.kernels.loader import programs
from fastbp.processors.threads import plan_tasks, start

if TYPE_CHECKING:
    from fastbp.kernels.block import Prepared

#: Rows in a batch: enough to feed every thread, few enough to stay in cache. Part of a score's bits, since it fixes the order of the sum.
ROWS = 256
# Batches in a run, between which Python sees control.
_BATCHES = 64
# So many sets of buffers are kept: one for each thread that predicts at the same time.
_KEPT = 4


class _Buffers(NamedTuple):
    """What one call at a time uses."""

    call: Prepared
    workspace: Workspace
    settings: Array  # of the loss
    total_weight: Array


class Inference:
    """Predictions and scores of one network. Several threads may ask at once: each call takes buffers that no other has."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._free: list[_Buffers] = []

    def score(self, rows: Rows, loss: int, threads: int | None) -> NDArray[np.float64]:
        """Loss and accuracy, in batches of `ROWS` rows."""
        size = min(rows.n_rows, ROWS)
        results = np.zeros((-(-rows.n_rows // size), 2), self._network.parameters.dtype)
        self._make(SCORE, rows, loss, size, results.reshape(-1), threads)
        total: NDArray[np.float64] = results.sum(axis=0, dtype=np.float64)
        return total

    def predict(self, rows: Rows, threads: int | None = None) -> Array:
        """What the output layer gives, as (rows, outputs)."""
        out: Array = np.empty((rows.n_rows, int(self._network.table[-1, N_OUT])), self._network.parameters.dtype)
        self._make(PREDICT, rows, 0, min(rows.n_rows, ROWS), out.reshape(-1), threads)
        return out

    def _make(self, kind: int, rows: Rows, loss: int, size: int, results: Array, threads: int | None) -> None:
        """The call of the kernels, in parts between which Python sees control."""
        tasks = plan_tasks(self._network, size, threads)
        buffers = self._take(size, rows.target_width, tasks)
        call = buffers.call
        buffers.total_weight[0] = rows.total_weight
        call.set("kind", kind)
        call.set("objective.code", loss)
        call.set("batch_size", size)
        call.set("data.sources", rows.sources)
        call.set("workspace.width", layout.begin(buffers.workspace, self._network, size, tasks))
        for begin in range(0, rows.n_rows, _BATCHES * size):
            end = min(rows.n_rows, begin + _BATCHES * size)
            call.set("data.order", _as_they_lie(end))
            call.set("data.rows", end)
            call.set("order_begin", begin)
            call.set("results", results[begin // size * 2 :] if kind == SCORE else results)
            call.set("steps", -(-(end - begin) // size))
            start(call, tasks)
        if len(self._free) < _KEPT:
            self._free.append(buffers)

    def _take(self, rows: int, target_width: int, tasks: int) -> _Buffers:
        """Buffers for batches of so many rows, new ones where none are free that are large enough."""
        try:
            held = self._free.pop()
        except IndexError:
            return self._new(rows, target_width, tasks)
        return held if layout.has_room(held.workspace, rows, target_width, tasks) else self._new(rows, target_width, tasks)

    def _new(self, rows: int, target_width: int, tasks: int) -> _Buffers:
        dtype = self._network.parameters.dtype
        workspace = layout.workspace(self._network, rows, target_width, tasks, training=False)
        nothing, settings, total_weight = np.zeros((1, COEFFICIENTS), dtype), np.zeros(LOSS_SETTINGS, dtype), np.zeros(1, dtype)
        data = Data(np.zeros((3, 4), np.int64), _as_they_lie(1), 1, total_weight)
        rule = Rule(NO_UPDATE, 0, nothing, nothing[0], nothing[0])
        call = Call(PREDICT, self._network, workspace, data, rule, Objective(0, settings), 0, 1, nothing[0], 1)
        return _Buffers(programs().prepared(call), workspace, settings, total_weight)


_numbers = np.arange(ROWS)


def _as_they_lie(rows: int) -> NDArray[np.int64]:
    """The order 0, 1, 2 and so on; the same array for small sets."""
    return _numbers if rows <= ROWS else np.arange(rows)
