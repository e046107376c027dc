"""The error of the output nodes: the value of the loss, and its gradient with respect to the output layer's logits z.

Formulas per row, with weights w that sum to one over the batch, K outputs, predictions p = act(z) and targets t:

squared_error          w / K * sum_k (p_k - t_k)**2
cross_entropy          -w * sum_k t_k log softmax(z)_k
binary_cross_entropy   -w / K * sum_k (t_k log sigmoid(z)_k + (1 - t_k) log(1 - sigmoid(z)_k))

The last two are computed from z, as sums of terms that are never negative, so that no logit is too large for them
(C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, sections 4.3 and 5.2). Each function takes a vector of rows: output j of
them lies ``j * step`` elements after `begin`, their targets alike after `target`.
"""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar, unit
from fastbp.kernels.activate import activate, exponentials, multiply_by_derivative, softmax
from fastbp.kernels.arguments import ACTIVATION, COLUMNS, N_OUT, TARGETS, UNITS_OUT, Data, Network, Numbers, Workspace
from fastbp.kernels.codes import BINARY_CROSS_ENTROPY, ERROR, OUTPUT, SOFTMAX, SQUARED_ERROR
from fastbp.kernels.lanes.elementary import log1p_unit, sigmoid
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, vectors_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.lanes.vector import absolute, select, splat
from fastbp.kernels.turn import rows_of_deltas, turn


@unit(ERROR)
def output_delta(loss: int, network: Network, workspace: Workspace, data: Data, rows: int, begin: int, end: int) -> None:
    """Losses and deltas of the output layer for panels `begin` to `end`. Squared error leaves the prediction in place of the logits.

    A workspace for training also gets the deltas turned.
    """
    last = network.layers - 1
    columns, width = network.table[last, N_OUT], data.sources[TARGETS, COLUMNS]
    lanes = lanes_of(workspace.deltas)
    step = workspace.width * lanes
    base = workspace.capacity * network.table[last, UNITS_OUT]
    if loss == SQUARED_ERROR:
        activate_output(network, workspace, rows, begin, end)
    for v in range(begin * workspace.width, min(end * workspace.width, vectors_of(rows, lanes))):
        panel, lane = v // workspace.width, v % workspace.width * lanes
        place, target = base + panel * step * columns + lane, panel * step * width + lane
        weight = load(workspace.row_weights, v * lanes)
        if loss == SQUARED_ERROR:
            value = _squared_error(workspace, place, target, columns, step, weight)
        elif loss == BINARY_CROSS_ENTROPY:
            value = _binary_cross_entropy(workspace, place, target, columns, step, weight)
        elif width == 1 and columns > 1:
            value = _cross_entropy_label(workspace, v * lanes, place, target, columns, step, weight)
        else:
            value = _cross_entropy(workspace, v * lanes, place, target, columns, step, weight)
        store(workspace.row_losses, v * lanes, value)
        sum_vector(workspace, v, rows)
    if loss == SQUARED_ERROR:
        _multiply_by_output_derivative(network, workspace, rows, begin, end)
    if workspace.training and rows <= FEW and begin < end:
        rows_of_deltas(network, workspace, last, rows)
    elif workspace.training:
        for p in range(begin, end):
            turn(network, workspace, last, p, 0, columns, min(workspace.width, vectors_of(rows - p * step, lanes)))


@scalar
def sum_vector(workspace: Workspace, v: int, rows: int) -> None:
    """The sum of the row losses of vector `v`, added one after the other."""
    lanes = lanes_of(workspace.row_losses)
    total = workspace.row_losses[v * lanes]
    for i in range(v * lanes + 1, min(rows, (v + 1) * lanes)):
        total += workspace.row_losses[i]
    workspace.vector_losses[v] = total


@scalar
def total_loss(workspace: Workspace, rows: int) -> Any:
    """Sum of the losses of all rows, by the sums of the vectors: its rounding error grows with their number, not with that of the rows."""
    total = workspace.vector_losses[0]
    for v in range(1, vectors_of(rows, lanes_of(workspace.row_losses))):
        total += workspace.vector_losses[v]
    return total


@unit(OUTPUT)
def write_output(network: Network, workspace: Workspace, rows: int, begin: int, end: int, first: int, results: Numbers) -> None:
    """What the output layer gives, for panels `begin` to `end`, to rows `first` and on of the results."""
    activate_output(network, workspace, rows, begin, end)
    last = network.layers - 1
    columns, step = network.table[last, N_OUT], workspace.width * lanes_of(workspace.activations)
    base = workspace.capacity * network.table[last, UNITS_OUT]
    for r in range(begin * step, min(end * step, rows)):
        for j in range(columns):
            results[(first + r) * columns + j] = workspace.activations[base + (r // step * columns + j) * step + r % step]


@scalar
def activate_output(network: Network, workspace: Workspace, rows: int, begin: int, end: int) -> None:
    """What the output layer gives, in place of its logits, for panels `begin` to `end`."""
    last = network.layers - 1
    code, columns, step = network.table[last, ACTIVATION], network.table[last, N_OUT], workspace.width * lanes_of(workspace.deltas)
    for p in range(begin, end):
        place = workspace.capacity * network.table[last, UNITS_OUT] + p * step * columns
        if code != SOFTMAX:
            activate(code, network.slopes[last], workspace.activations, place, columns * workspace.width)
            continue
        for lane in range(0, min(step, rows - p * step), lanes_of(workspace.deltas)):
            softmax(workspace.activations, place + lane, columns, step)


@scalar
def _multiply_by_output_derivative(network: Network, workspace: Workspace, rows: int, begin: int, end: int) -> None:
    last = network.layers - 1
    code, columns, step = network.table[last, ACTIVATION], network.table[last, N_OUT], workspace.width * lanes_of(workspace.deltas)
    p, d = workspace.activations, workspace.deltas
    for panel in range(begin, end):
        place = workspace.capacity * network.table[last, UNITS_OUT] + panel * step * columns
        if code != SOFTMAX:
            multiply_by_derivative(code, network.slopes[last], p, d, place, columns * workspace.width)
            continue
        for lane in range(0, min(step, rows - panel * step), lanes_of(workspace.deltas)):
            _multiply_by_softmax_derivative(p, d, place + lane, columns, step)


@scalar
def _squared_error(workspace: Workspace, place: int, target: int, columns: int, step: int, weight: Any) -> Any:
    p, d, t = workspace.activations, workspace.deltas, workspace.targets
    share = weight / columns
    total = splat(p, 0)
    for j in range(columns):
        error = load(p, place + j * step) - load(t, target + j * step)
        store(d, place + j * step, (share + share) * error)
        total = total + error * error
    return share * total


@scalar
def _multiply_by_softmax_derivative(p: Any, d: Any, place: int, columns: int, step: int) -> None:
    mean = splat(p, 0)
    for j in range(columns):
        mean = mean + load(d, place + j * step) * load(p, place + j * step)
    for j in range(columns):
        store(d, place + j * step, load(p, place + j * step) * (load(d, place + j * step) - mean))


@scalar
def _cross_entropy_label(workspace: Workspace, row: int, place: int, target: int, columns: int, step: int, weight: Any) -> Any:
    z, d = workspace.activations, workspace.deltas
    label = load(workspace.targets, target)
    highest, total = exponentials(z, d, place, columns, step)
    scale = weight / total
    wanted = splat(z, 0)
    for j in range(columns):
        here = label == j
        scaled = load(d, place + j * step) * scale
        store(d, place + j * step, select(here, scaled - weight, scaled))
        wanted = select(here, load(z, place + j * step), wanted)
    return weight * ((highest - wanted) + _logarithm(workspace, row, total))


@scalar
def _cross_entropy(workspace: Workspace, row: int, place: int, target: int, columns: int, step: int, weight: Any) -> Any:
    z, d, t = workspace.activations, workspace.deltas, workspace.targets
    highest, total = exponentials(z, d, place, columns, step)
    mass, distance = splat(z, 0), splat(z, 0)
    for j in range(columns):
        wanted = load(t, target + j * step)
        mass = mass + wanted
        distance = distance + wanted * (highest - load(z, place + j * step))
    for j in range(columns):
        predicted = mass * load(d, place + j * step) / total
        store(d, place + j * step, weight * (predicted - load(t, target + j * step)))
    return weight * (distance + mass * _logarithm(workspace, row, total))


@scalar
def _logarithm(workspace: Workspace, row: int, values: Any) -> Any:
    """The logarithms of a vector, one a row of the batch; the place of the rows' losses holds them on the way."""
    losses = workspace.row_losses
    store(losses, row, values)
    for i in range(row, row + lanes_of(losses)):
        losses[i] = math.log(losses[i])
    return load(losses, row)


@scalar
def _binary_cross_entropy(workspace: Workspace, place: int, target: int, columns: int, step: int, weight: Any) -> Any:
    z, d, t = workspace.activations, workspace.deltas, workspace.targets
    share = weight / columns
    total = splat(z, 0)
    for j in range(columns):
        logit, wanted = load(z, place + j * step), load(t, target + j * step)
        s = sigmoid(-absolute(logit))
        wrong_side = select(logit > 0, (1 - wanted) * logit, wanted * -logit)
        # log(1 + e**-|z|) = -log(1 - sigmoid(-|z|)) = log(1 + s / (1 - s)), and s <= 1/2.
        total = total + (wrong_side + log1p_unit(s / (1 - s)))
        store(d, place + j * step, share * (sigmoid(logit) - wanted))
    return share * total
