"""Runs the compiled kernels for a trainer, and owns the buffers of a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastbp import layout
from fastbp._typing import Array
from fastbp.data.rows import Rows
from fastbp.kernels.arguments import Network, Rule, Workspace
from fastbp.kernels.codes import COEFFICIENTS, NO_UPDATE, TRAIN
from fastbp.kernels.lanes.sizes import gradients_size
from fastbp.kernels.loader import programs
from fastbp.losses import Loss
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer
from fastbp.processors.threads import running
from fastbp.training.memory import Memory


class Engine:
    """Steps and gradients of one model with one loss, on batches of rows by their place in an order."""

    def __init__(self, model: MLP, loss: Loss) -> None:
        self._model, self._dtype = model, model.dtype
        self._objective = layout.objective(loss, model.dtype)
        self._workspace: Workspace | None = None
        self._gradients = layout.aligned_zeros(0, self._dtype)

    @property
    def _network(self) -> Network:
        return self._model.network

    def train(
        self, rows: Rows, order: NDArray[np.int64], first: int, batch: int, count: int, optimizer: Optimizer, memory: Memory, tasks: int
    ) -> Array:
        """`count` updates, on batches of `batch` rows from place `first` of the order on; the loss of each before it."""
        needed = gradients_size(batch, self._network.size)
        if self._gradients.size < needed:
            self._gradients = layout.aligned_zeros(needed, self._dtype)
        rates = optimizer.rates(memory.steps, count, self._dtype, memory.factors)
        rule = Rule(optimizer.code, optimizer.n_slots, rates, self._gradients, memory.slots.reshape(-1))
        losses = self._run(rows, order, rule, first, batch, count, tasks)
        memory.steps += count
        return losses

    def gradients(self, rows: Rows, order: NDArray[np.int64], tasks: int) -> tuple[float, Array]:
        """Loss and flat gradient of one batch, all rows of the order; nothing is changed."""
        size, nothing = self._network.size, np.zeros((1, COEFFICIENTS), self._dtype)
        flat = layout.aligned_zeros(max(size, gradients_size(order.size, size)), self._dtype)
        losses = self._run(rows, order, Rule(NO_UPDATE, 0, nothing, flat, nothing[0]), 0, order.size, 1, tasks)
        return float(losses[0]), flat[:size]

    def _run(self, rows: Rows, order: NDArray[np.int64], rule: Rule, first: int, batch: int, count: int, tasks: int) -> Array:
        results: Array = np.zeros(count, self._dtype)
        buffers = self._buffers(batch, rows.target_width, tasks)
        data, zero = rows.data(order), self._dtype.type(0)
        with running(tasks) as granted:
            programs().run(TRAIN, self._network, buffers, data, rule, self._objective, first, batch, zero, results, granted)
        return results

    def _buffers(self, rows: int, target_width: int, tasks: int) -> Workspace:
        """The training workspace, made anew only when it is too small."""
        held = self._workspace
        if held is None or not layout.has_room(held, self._network, rows, target_width, tasks):
            held = self._workspace = layout.workspace(self._network, rows, target_width, tasks, training=True)
        return layout.prepared(held, self._network, rows, tasks)
