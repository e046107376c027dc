"""Deltas: the gradient of the loss with respect to z = a W + b, from the output layer back to the first.

Output layer: the error of each node times its activation's derivative (``loss.py``). Hidden layer l, by the chain rule through the layer
above: delta_l = (delta_(l+1) W_(l+1)^T) * act'(z_l).
"""

from __future__ import annotations

import numpy as np
from numba import prange

from fastbp._jit import kernel, scalar
from fastbp.kernels.activate import multiply_by_derivative
from fastbp.kernels.arguments import ACTIVATION, N_IN, N_OUT, UNITS_IN, UNITS_OUT, WEIGHT, Data, Network, Workspace
from fastbp.kernels.loss import output_delta
from fastbp.kernels.product import GRAIN, accumulate, share
from fastbp.kernels.subnormal import flush_subnormals, restore


@kernel
def delta(loss: int, network: Network, workspace: Workspace, data: Data, rows: int, tasks: int) -> None:
    """Losses of the rows and deltas of all layers, after `forward`."""
    if tasks == 1:
        delta_rows(loss, network, workspace, data, 0, rows)
        return
    for task in prange(tasks):
        mode = flush_subnormals()
        begin, end = share(rows, tasks, np.int64(task), GRAIN)
        delta_rows(loss, network, workspace, data, begin, end)
        restore(mode)


@scalar
def delta_rows(loss: int, network: Network, workspace: Workspace, data: Data, begin: int, end: int) -> None:
    """Rows `begin` to `end` back through all layers."""
    output_delta(loss, network, workspace, data, begin, end)
    for layer in range(network.table.shape[0] - 1, 0, -1):
        hidden_delta(network, workspace, layer, begin, end)


@scalar
def hidden_delta(network: Network, workspace: Workspace, layer: int, begin: int, end: int) -> None:
    """Deltas of the units that feed `layer`, from the deltas of `layer`."""
    table, deltas = network.table, workspace.deltas
    n_in, n_out = table[layer, N_IN], table[layer, N_OUT]
    above = workspace.capacity * table[layer, UNITS_OUT] + begin * n_out
    below = workspace.capacity * table[layer, UNITS_IN] + begin * n_in
    rows = end - begin
    zero = type(deltas[0])(0)
    for i in range(rows * n_in):
        deltas[below + i] = zero
    accumulate(deltas, below, n_in, deltas, above, n_out, 1, workspace.transposed, table[layer, WEIGHT], n_in, rows, n_out, n_in)
    multiply_by_derivative(table[layer - 1, ACTIVATION], network.slopes[layer - 1], workspace.activations, deltas, below, rows * n_in)
