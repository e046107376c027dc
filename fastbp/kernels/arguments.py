"""What the kernels are given: plain records of flat arrays, one type for every network, so that one compiled program serves them all.

A network is a table with a row per layer. All weights and biases share one vector, all units of a batch another; the table holds where
each layer's part begins, in elements. The units of a layer, for up to `capacity` rows, begin at ``capacity * table[l, UNITS_*]``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# Columns of the table.
N_IN, N_OUT, WEIGHT, BIAS, ACTIVATION, UNITS_IN, UNITS_OUT = range(7)

# Rows of the sources of a data set, and their columns; the stride between rows is in bytes, the dtype an index into `codes.DTYPES`.
INPUTS, TARGETS, WEIGHTS = range(3)
ADDRESS, STRIDE, COLUMNS, DTYPE = range(4)


class Network(NamedTuple):
    """Layers and parameters. Owned by the model, which the update changes in place."""

    table: Any  # (layers, 7) int64
    slopes: Any  # (layers,) parameter of each layer's activation
    parameters: Any  # flat: W (n_in, n_out) row by row, then b (n_out,), layer after layer


class Workspace(NamedTuple):
    """Buffers of one batch. Owned by whoever calls the kernels, allocated once."""

    capacity: int
    activations: Any  # flat: the gathered input (capacity, n_in), then each layer's output; the last holds logits
    deltas: Any  # flat, the same layout: gradient of the loss with respect to z = a W + b
    targets: Any  # (capacity, target_width) flat
    row_weights: Any  # (capacity,) share of each row in the loss, summing to one over the batch
    row_losses: Any  # (capacity,)
    transposed: Any  # W transposed, at the offsets of `parameters`


class Data(NamedTuple):
    """Where the rows of a data set lie, in arrays of the caller's, and the order to read them in."""

    sources: Any  # (3, 4) int64: a row each for inputs, targets and weights; address 0 for weights: all rows weigh the same
    order: Any  # (rows,) int64


class Rule(NamedTuple):
    """How the update changes the parameters. Owned by the trainer."""

    code: int
    rates: Any  # (steps, coefficients) what the optimizer computed for each step of the run
    gradients: Any  # flat, the layout of `parameters`
    slots: Any  # (slots, parameters) the optimizer's memory
