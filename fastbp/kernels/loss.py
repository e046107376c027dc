"""The error of the output nodes: the value of the loss, and its gradient with respect to the output layer's logits z.

Formulas per row, with weights w that sum to one over the batch, K outputs, predictions p = act(z) and targets t:

squared_error          w / K * sum_k (p_k - t_k)**2
cross_entropy          -w * sum_k t_k log softmax(z)_k
binary_cross_entropy   -w / K * sum_k (t_k log sigmoid(z)_k + (1 - t_k) log(1 - sigmoid(z)_k))

The last two are computed from z, as sums of terms that are never negative, so that no logit is too large for them
(C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, sections 4.3 and 5.2).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastbp._jit import scalar
from fastbp.kernels.activate import activate_output, exponentials, multiply_by_derivative
from fastbp.kernels.arguments import ACTIVATION, COLUMNS, N_OUT, TARGETS, UNITS_OUT, Data, Network, Workspace
from fastbp.kernels.codes import BINARY_CROSS_ENTROPY, SOFTMAX, SQUARED_ERROR
from fastbp.kernels.elementary import log1p_unit, sigmoid

_BLOCK = 128


@scalar
def output_delta(loss: int, network: Network, workspace: Workspace, data: Data, begin: int, end: int) -> None:
    """Losses and deltas of the output layer for rows `begin` to `end`. Squared error leaves the prediction in place of the logits."""
    last = network.table.shape[0] - 1
    columns = network.table[last, N_OUT]
    base = workspace.capacity * network.table[last, UNITS_OUT]
    labels = data.sources[TARGETS, COLUMNS] == 1 and columns > 1
    for i in range(begin, end):
        row, weight = base + i * columns, workspace.row_weights[i]
        if loss == SQUARED_ERROR:
            value = _squared_error(network, last, workspace, row, i * columns, columns, weight)
        elif loss == BINARY_CROSS_ENTROPY:
            value = _binary_cross_entropy(workspace, row, i * columns, columns, weight)
        elif labels:
            value = _cross_entropy_label(workspace, row, i, columns, weight)
        else:
            value = _cross_entropy(workspace, row, i * columns, columns, weight)
        workspace.row_losses[i] = value


@scalar
def _squared_error(network: Network, last: int, workspace: Workspace, row: int, target: int, columns: int, weight: Any) -> Any:
    code, slope = network.table[last, ACTIVATION], network.slopes[last]
    p, d, t = workspace.activations, workspace.deltas, workspace.targets
    activate_output(code, slope, p, row, 1, columns)
    scale = (weight + weight) / type(weight)(columns)
    total = type(weight)(0)
    for j in range(columns):
        error = p[row + j] - t[target + j]
        d[row + j] = scale * error
        total += error * error
    if code == SOFTMAX:
        mean = type(weight)(0)
        for j in range(columns):
            mean += d[row + j] * p[row + j]
        for j in range(columns):
            d[row + j] = p[row + j] * (d[row + j] - mean)
    else:
        multiply_by_derivative(code, slope, p, d, row, columns)
    return weight / type(weight)(columns) * total


@scalar
def _cross_entropy_label(workspace: Workspace, row: int, target: int, columns: int, weight: Any) -> Any:
    z, d = workspace.activations, workspace.deltas
    label = np.int64(workspace.targets[target])
    highest, total = exponentials(z, row, columns, d)
    scale = weight / total
    for j in range(columns):
        d[np.uint64(row + j)] *= scale
    d[row + label] -= weight
    return weight * (highest - z[row + label] + math.log(total))


@scalar
def _cross_entropy(workspace: Workspace, row: int, target: int, columns: int, weight: Any) -> Any:
    z, d, t = workspace.activations, workspace.deltas, workspace.targets
    highest, total = exponentials(z, row, columns, d)
    mass, distance = type(weight)(0), type(weight)(0)
    for j in range(columns):
        mass += t[target + j]
        distance += t[target + j] * (highest - z[row + j])
    for j in range(columns):
        d[row + j] = weight * (mass * d[row + j] / total - t[target + j])
    return weight * (distance + mass * math.log(total))


@scalar
def _binary_cross_entropy(workspace: Workspace, row: int, target: int, columns: int, weight: Any) -> Any:
    z, d, t = workspace.activations, workspace.deltas, workspace.targets
    zero, one = type(weight)(0), type(weight)(1)
    share = weight / type(weight)(columns)
    for j in range(columns):
        logit, wanted = z[np.uint64(row + j)], t[np.uint64(target + j)]
        s = sigmoid(-abs(logit))
        wrong_side = (one - wanted) * logit if logit > zero else wanted * -logit
        # log(1 + e**-|z|) = -log(1 - sigmoid(-|z|)) = log(1 + s / (1 - s)), and s <= 1/2.
        d[np.uint64(row + j)] = wrong_side + log1p_unit(s / (one - s))
    total = zero
    for j in range(columns):
        total += d[row + j]
    for j in range(columns):
        d[np.uint64(row + j)] = share * (sigmoid(z[np.uint64(row + j)]) - t[np.uint64(target + j)])
    return share * total


@scalar
def total_loss(row_losses: Any, rows: int) -> Any:
    """Sum of the rows' losses, in blocks: its rounding error grows with the number of blocks, not of rows."""
    total = row_losses[0] - row_losses[0]
    for block in range(0, rows, _BLOCK):
        part = row_losses[block]
        for i in range(block + 1, min(rows, block + _BLOCK)):
            part += row_losses[i]
        total += part
    return total


@scalar
def count_hits(loss: int, network: Network, workspace: Workspace, data: Data, begin: int, end: int) -> None:
    """Replace each row's loss by its weighted accuracy: largest logit at the largest target, or share of outputs on the right side."""
    last = network.table.shape[0] - 1
    columns, width = network.table[last, N_OUT], data.sources[TARGETS, COLUMNS]
    base = workspace.capacity * network.table[last, UNITS_OUT]
    z, t = workspace.activations, workspace.targets
    zero, half = type(z[0])(0), type(z[0])(0.5)
    for i in range(begin, end):
        hits = zero
        if loss == BINARY_CROSS_ENTROPY:
            for j in range(columns):
                if (z[base + i * columns + j] > zero) == (t[i * width + j] > half):
                    hits += type(zero)(1) / type(zero)(columns)
        else:
            wanted = np.int64(t[i]) if width == 1 else _argmax(t, i * width, width)
            if _argmax(z, base + i * columns, columns) == wanted:
                hits = type(zero)(1)
        workspace.row_losses[i] = hits * workspace.row_weights[i]


@scalar
def _argmax(values: Any, begin: int, count: int) -> int:
    best = 0
    for j in range(1, count):
        if values[begin + j] > values[begin + best]:
            best = j
    return best
