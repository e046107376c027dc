"""Forward pass: a_l = act(a_(l-1) W_l + b_l) for every layer, all outputs kept for the way back."""

from __future__ import annotations

import numpy as np
from numba import prange

from fastbp._jit import kernel, scalar
from fastbp.kernels.activate import activate
from fastbp.kernels.arguments import ACTIVATION, BIAS, N_IN, N_OUT, UNITS_IN, UNITS_OUT, WEIGHT, Data, Network, Workspace
from fastbp.kernels.gather import gather_inputs
from fastbp.kernels.product import GRAIN, accumulate, share
from fastbp.kernels.subnormal import flush_subnormals, restore


@kernel
def forward(network: Network, workspace: Workspace, data: Data, first: int, rows: int, tasks: int) -> None:
    """Gather the batch that starts at place `first` of the order and pass it through the network; the output layer gives its logits."""
    if tasks == 1:
        forward_rows(network, workspace, data, first, 0, rows)
        return
    for task in prange(tasks):
        mode = flush_subnormals()
        begin, end = share(rows, tasks, np.int64(task), GRAIN)
        forward_rows(network, workspace, data, first, begin, end)
        restore(mode)


@scalar
def forward_rows(network: Network, workspace: Workspace, data: Data, first: int, begin: int, end: int) -> None:
    """Rows `begin` to `end` through all layers: no row needs another's, so a thread never waits."""
    gather_inputs(data, first, workspace, begin, end)
    for layer in range(network.table.shape[0]):
        forward_layer(network, workspace, layer, begin, end)


@scalar
def forward_layer(network: Network, workspace: Workspace, layer: int, begin: int, end: int) -> None:
    """Rows `begin` to `end` of one layer; the output layer keeps its logits, which the loss reads."""
    table, parameters, units = network.table, network.parameters, workspace.activations
    n_in, n_out = table[layer, N_IN], table[layer, N_OUT]
    inputs = workspace.capacity * table[layer, UNITS_IN] + begin * n_in
    outputs = workspace.capacity * table[layer, UNITS_OUT] + begin * n_out
    rows, bias = end - begin, table[layer, BIAS]
    for i in range(rows):
        for j in range(n_out):
            units[outputs + i * n_out + j] = parameters[bias + j]
    accumulate(units, outputs, n_out, units, inputs, n_in, 1, parameters, table[layer, WEIGHT], n_out, rows, n_in, n_out)
    if layer < table.shape[0] - 1:
        activate(table[layer, ACTIVATION], network.slopes[layer], units, outputs, rows * n_out)
