"""Passes over a data set that change nothing: predictions, losses, accuracies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from fastbp import layout
from fastbp._typing import Array, DType
from fastbp.data.rows import Rows, as_they_lie
from fastbp.data.validation import first_finite
from fastbp.kernels.arguments import N_IN, N_OUT, Call, Data, Network, Objective, Shaping, Workspace, no_update
from fastbp.kernels.codes import (
    LOSS_SETTINGS,
    NO_ACCURACY,
    NO_LOSS,
    PREDICT,
    RATES,
    SCORE,
    SCORE_LOGITS,
    SCORE_PREDICTIONS,
    is_of_predictions,
)
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.loader import prepared, programs, scores, units_for
from fastbp.processors.threads import plan_tasks, start

if TYPE_CHECKING:
    from fastbp.kernels.block import Prepared

#: Rows in a batch: enough to feed every thread, few enough to stay in cache.
ROWS = 512
# Batches in a run, between which Python sees control.
_BATCHES = 32
# One thread computes so many multiply-adds before two would begin to.
_MULTIPLY_ADDS = 400_000
# So many sets of buffers are kept: one for each thread that predicts at the same time.
_KEPT = 4


class _Buffers:
    """What one call at a time uses."""

    def __init__(self, call: Prepared, workspace: Workspace) -> None:
        self.call, self.workspace = call, workspace
        self.loss: int | None = None  # that it has kernels for, where it has any but those of predictions


class _Few:
    """A call on up to FEW rows of an array of its own, and where it leaves what comes of them."""

    def __init__(self, buffers: _Buffers, n_in: int, n_out: int, dtype: DType) -> None:
        self.inputs, self.outputs = np.zeros((FEW, n_in), dtype), np.zeros((FEW, n_out), dtype)
        self._are_finite = first_finite(self.inputs)
        self._call = buffers.call
        self._call.set({"data.sources": Rows(self.inputs).sources, "data.order": as_they_lie(FEW)})
        self._call.set({"results": self.outputs.reshape(-1), "workspace.width": 1})

    def predict(self, rows: int) -> Array | None:
        """What the output layer gives for the first rows; None when they hold a number that is not finite."""
        if not self._are_finite(rows * self.inputs.shape[1]):
            return None
        self._call.set({"data.rows": rows, "batch_size": rows})
        programs().run(self._call, 1)
        return self.outputs[:rows].copy()


class Inference:
    """Predictions and scores of one network. Several threads may ask at once: each call takes buffers that no other has."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._dtype = network.parameters.dtype
        self._n_in, self._n_out = int(network.table[0, N_IN]), int(network.table[-1, N_OUT])
        self._most_few = min(FEW, _MULTIPLY_ADDS // network.size)
        self._nothing = Objective(NO_LOSS, NO_ACCURACY, np.zeros(LOSS_SETTINGS, self._dtype))
        self._none = np.zeros(1, self._dtype)
        self._free: list[_Buffers] = []
        self._few: list[_Few] = []

    def score(
        self, rows: Rows, objective: Objective, answers: int, threads: int | None, outputs: Array | None = None
    ) -> tuple[float, float]:
        """Mean loss, and mean share of right answers, of which each row has so many, by the weights of the rows.

        `outputs` (rows, outputs) gets what `predict` gives, of the same pass.
        """
        size, kind, width = min(rows.n_rows, ROWS), SCORE, 0
        if outputs is not None:
            kind, width = SCORE_PREDICTIONS if is_of_predictions(objective.code) else SCORE_LOGITS, self._n_out
        found, sums = np.full((width + 2) * min(rows.n_rows, _BATCHES * size), np.nan, self._dtype), np.zeros(3)
        for part in self._passes(kind, rows, objective, size, lambda part: found, threads):
            count = part.stop - part.start
            if outputs is not None:
                outputs[part] = found[: width * count].reshape(count, width)
            both = found[width * count : (width + 2) * count].reshape(2, -1)
            scores().add_scores(both[0], both[1], rows.weights(part), answers, sums)
        loss, right, weight = sums.tolist()
        return loss / weight, right / weight

    def predict(self, rows: Rows, threads: int | None = None) -> Array:
        """What the output layer gives, as (rows, outputs)."""
        out: Array = np.empty((rows.n_rows, self._n_out), self._dtype)
        for _ in self._passes(PREDICT, rows, self._nothing, min(rows.n_rows, ROWS), out.__getitem__, threads):
            pass
        return out

    def predict_few(self, X: object) -> Array | None:
        """The same for a few rows of an array of the network's own type, in a few microseconds; None for what asks for more."""
        if type(X) is not np.ndarray or (X.dtype is not self._dtype and X.dtype != self._dtype) or X.ndim != 2:
            return None
        if X.shape[1] != self._n_in or not 0 < X.shape[0] <= self._most_few:
            return None
        try:
            few = self._few.pop()
        except IndexError:
            few = _Few(self._new(FEW, 0, 1), self._n_in, self._n_out, self._dtype)
        few.inputs[: X.shape[0]] = X
        out = few.predict(X.shape[0])
        self._few.append(few)
        return out

    def _passes(
        self, kind: int, rows: Rows, objective: Objective, size: int, results: Callable[[slice], Array], threads: int | None
    ) -> Iterator[slice]:
        """Runs of batches of `size` rows, whose rows are given as they are done; what comes of them is in the array `results` of them."""
        tasks = plan_tasks(self._network, size, threads)
        buffers = self._take(size, rows.target_width, tasks)
        width = layout.begin(buffers.workspace, self._network, size, tasks)
        if kind != PREDICT and objective.code != buffers.loss:
            buffers.call.set({"workspace.units": units_for(self._network, SCORE, objective.code)})
            buffers.loss = objective.code
        buffers.call.set(
            {
                "kind": kind,
                "objective.code": objective.code,
                "objective.accuracy": objective.accuracy,
                "objective.settings": objective.settings,
                "batch_size": size,
                "workspace.width": width,
            }
        )
        for begin in range(0, rows.n_rows, _BATCHES * size):
            part = slice(begin, min(begin + _BATCHES * size, rows.n_rows))
            count = part.stop - begin
            sources, order = rows.unweighted(part)
            buffers.call.set({"data.sources": sources, "data.order": order, "data.rows": count})
            buffers.call.set({"results": results(part).reshape(-1), "steps": -(-count // size)})
            start(buffers.call, tasks)
            yield part
        # What the caller gets is not kept.
        buffers.call.set({"results": self._none})
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
        dtype = self._dtype
        workspace = layout.workspace(self._network, rows, target_width, tasks, training=False)
        nothing = np.zeros((1, RATES), dtype)
        # A row's loss is its own, whatever the batch it comes in.
        data = Data(np.zeros((3, 4), np.int64), as_they_lie(1), 1, 1, as_they_lie(1), nothing[0], nothing[0])
        rule, limits = no_update(nothing, nothing[0])
        shaping = Shaping(nothing[0], nothing[0], 0, 0)
        call = Call(PREDICT, self._network, workspace, data, rule, limits, self._nothing, shaping, 0, 1, nothing[0], 1)
        return _Buffers(prepared(call), workspace)
