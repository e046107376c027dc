"""One batch in the buffers of the kernels: what they are given, and where its numbers lie by the words of ``kernels/arguments.py``."""

import numpy as np

import fastbp
from fastbp import layout
from fastbp.data.rows import Rows
from fastbp.kernels import programs
from fastbp.kernels.arguments import N_IN, N_OUT, ROWS_IN, ROWS_OUT, SPREAD, TURNED, UNITS_IN, UNITS_OUT, Call, Data, no_update
from fastbp.kernels.codes import RATES, TRAIN
from fastbp.kernels.lanes.sizes import BYTES, FEW
from fastbp.kernels.portions import Span
from fastbp.verification import reference
from fastbp.verification.problems import random_inputs, random_model, random_targets, random_weights

NOTHING = Span(0, 0)
#: Of results in the element type, against float64.
LIMITS = {"float32": 1e-5, "float64": 1e-13}


class OneBatch:
    """A net, `rows` rows of a data set that the kernels find in its order, and a call over them."""

    def __init__(
        self, sizes, rows, *, dtype="float64", activation="tanh", loss="squared_error", optimizer=None, width=None, tasks=1, weighted=False,
        targets=None, output_activation="auto", **between,
    ):  # fmt: skip
        model = random_model(sizes, dtype=dtype, activation=activation, output_activation=output_activation, **between)
        trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer or fastbp.SGD(0.1), seed=0)
        self.rows, self.dtype, self.network, self.loss = rows, np.dtype(dtype), model.network, trainer.loss
        self.lanes, self.net = BYTES // self.dtype.itemsize, reference.net_of(model)
        self.X = random_inputs(rows, sizes[0], dtype=dtype)
        self.targets = random_targets(loss, rows, sizes[-1], dtype=dtype) if targets is None else targets
        self.row_weights = random_weights(rows) if weighted else None
        weights = None if self.row_weights is None else self.row_weights[:, np.newaxis]
        self.source = Rows(self.X, trainer.loss.check_targets(self.targets, rows, sizes[-1], self.dtype), weights)
        self.workspace = layout.workspace(self.network, rows, self.source.target_width, tasks, training=True)
        if width is not None:
            self.workspace = self.workspace._replace(width=width)
        self.panel_rows = self.workspace.width * self.lanes
        self.panels = Span(0, -(-rows // self.panel_rows))
        self.gradients = np.zeros(self.network.size * -(-rows // 100), dtype)
        self.slots = np.zeros(trainer.optimizer.n_slots * self.network.size, dtype)
        self.optimizer = trainer.optimizer

    def call(self, *, kind=TRAIN, update=False, batch_size=None, steps=1, order=None, order_begin=0, results=None, mean_over=0):
        """The arguments of a compiled function that takes ``records(call, one)``; gradients are kept unless there is to be an update."""
        rule, limits = no_update(np.zeros((steps, RATES), self.dtype), self.gradients)
        if update:
            rates = self.optimizer.rates(0, steps, self.dtype, np.ones(self.optimizer.n_factors))
            rule = rule._replace(code=self.optimizer.code, n_slots=self.optimizer.n_slots, rates=rates, slots=self.slots)
        order = np.arange(self.rows) if order is None else order
        data = Data(self.source.sources, order, order.size, mean_over)
        objective, shaping = self.loss.objective(self.dtype), layout.shaping(self.network, self.workspace)
        self.results = np.zeros(steps, self.dtype) if results is None else results
        size = self.rows if batch_size is None else batch_size
        self.made = Call(kind, self.network, self.workspace, data, rule, limits, objective, shaping, order_begin, size, self.results, steps)
        # What the addresses lead to must live as long as this batch.
        self.prepared = programs.prepared(self.made)
        return self.prepared.arguments

    def where(self, layer, side):
        """The places of units (rows, units) in activations and deltas: ``"in"`` the inputs of a layer, ``"out"`` its own."""
        row, lane_row = np.arange(self.rows)[:, np.newaxis], self.panel_rows
        first, units = self.network.table[layer, [UNITS_IN, N_IN] if side == "in" else [UNITS_OUT, N_OUT]]
        unit = np.arange(units)
        return self.workspace.capacity * first + (row // lane_row * units + unit) * lane_row + row % lane_row

    def where_few(self, layer, side):
        """The same for a batch of a few rows, each in one piece."""
        first, units = self.network.table[layer, [ROWS_IN, N_IN] if side == "in" else [ROWS_OUT, N_OUT]]
        length = -(-units // self.lanes) * self.lanes
        return self.workspace.few + FEW * first + np.arange(self.rows)[:, np.newaxis] * length + np.arange(units)

    def held(self, layer, side):
        """Where forward, delta and gradient read and write: row by row for a few rows, in panels for others."""
        return self.where_few(layer, side) if self.rows <= FEW else self.where(layer, side)

    def where_turned(self, layer):
        """The places of a layer's deltas (rows, units) row by row of the batch."""
        row, unit = np.arange(self.rows)[:, np.newaxis], np.arange(self.network.table[layer, N_OUT])
        panel_units = self.network.table[layer, SPREAD] * self.lanes
        begin = self.workspace.capacity * (self.network.table[layer, TURNED] + unit // panel_units * panel_units)
        return begin + row * panel_units + unit % panel_units

    def random(self, layer, side="out", seed=0):
        """Numbers (rows, units) of a layer in the element type."""
        units = self.network.table[layer, N_IN if side == "in" else N_OUT]
        return np.random.default_rng([seed, layer]).normal(size=(self.rows, units)).astype(self.dtype)

    def set_deltas(self, layer, values):
        """Deltas of a layer to all places where kernels look for them."""
        self.workspace.deltas[self.where(layer, "out")] = values
        if self.rows <= FEW:
            self.workspace.deltas[self.where_few(layer, "out")] = values
        self.workspace.turned[self.where_turned(layer)] = values
