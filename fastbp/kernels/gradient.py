"""Gradients of weights and biases: dW_l = a_(l-1)^T delta_l and db_l = the sum of delta_l over the rows of the batch.

The deltas hold each row's share of the loss, so these sums are the gradients of the mean. A thread owns rows of W, never rows of the
batch: each weight adds up the batch in the same order whatever the number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from fastbp._jit import kernel, scalar
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, UNITS_IN, UNITS_OUT, WEIGHT, Network, Workspace
from fastbp.kernels.product import GRAIN, accumulate, share
from fastbp.kernels.subnormal import flush_subnormals, restore


@kernel
def gradient(network: Network, workspace: Workspace, gradients: Any, rows: int, tasks: int) -> None:
    """Gradients of all parameters over the batch, after `forward` and `delta`."""
    if tasks == 1:
        gradient_share(network, workspace, gradients, rows, 1, 0)
        return
    for task in prange(tasks):
        mode = flush_subnormals()
        gradient_share(network, workspace, gradients, rows, tasks, np.int64(task))
        restore(mode)


@scalar
def gradient_share(network: Network, workspace: Workspace, gradients: Any, rows: int, tasks: int, task: Any) -> None:
    """The part of every layer's gradient that belongs to `task`."""
    for layer in range(network.table.shape[0]):
        begin, end = share(network.table[layer, N_IN], tasks, task, GRAIN)
        _weight_gradient(network, workspace, gradients, layer, rows, begin, end)
        begin, end = share(network.table[layer, N_OUT], tasks, task, GRAIN)
        _bias_gradient(network, workspace, gradients, layer, rows, begin, end)


@scalar
def _weight_gradient(network: Network, workspace: Workspace, gradients: Any, layer: int, rows: int, begin: int, end: int) -> None:
    table = network.table
    n_in, n_out = table[layer, N_IN], table[layer, N_OUT]
    inputs = workspace.capacity * table[layer, UNITS_IN]
    deltas = workspace.capacity * table[layer, UNITS_OUT]
    weight = table[layer, WEIGHT]
    zero = type(gradients[0])(0)
    for i in range(weight + begin * n_out, weight + end * n_out):
        gradients[i] = zero
    accumulate(
        gradients, weight + begin * n_out, n_out, workspace.activations, inputs + begin, 1, n_in, workspace.deltas, deltas, n_out,
        end - begin, rows, n_out,
    )  # fmt: skip


@scalar
def _bias_gradient(network: Network, workspace: Workspace, gradients: Any, layer: int, rows: int, begin: int, end: int) -> None:
    n_out, bias = network.table[layer, N_OUT], network.table[layer, BIAS]
    deltas = workspace.capacity * network.table[layer, UNITS_OUT]
    for j in range(begin, end):
        gradients[bias + j] = workspace.deltas[deltas + j]
    for i in range(1, rows):
        for j in range(begin, end):
            gradients[bias + j] += workspace.deltas[deltas + i * n_out + j]
