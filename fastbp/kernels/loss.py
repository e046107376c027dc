"""The error of the output nodes: the value of the loss, and its gradient with respect to the output layer's logits z.

Formulas per row, with weights w (``gather_weights_to``), K outputs, predictions p = act(z) and targets t:

squared_error          w / K * sum_k (p_k - t_k)**2
cross_entropy          -w * sum_k t_k log softmax(z)_k
binary_cross_entropy   -w / K * sum_k (t_k log sigmoid(z)_k + (1 - t_k) log(1 - sigmoid(z)_k))

The last two are computed from z, as sums of terms that are never negative, so that no logit is too large for them
(C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, sections 4.3 and 5.2). Each function takes the outputs of a vector
of rows and the rows' weights; it writes the deltas and returns the losses. The settings of a loss are ``objective.settings``, in the order
of its class.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.activate import exponentials, multiply_by_derivative
from fastbp.kernels.arguments import ACTIVATION, N_OUT, Data, Network, Objective, Workspace
from fastbp.kernels.codes import BINARY_CROSS_ENTROPY, CROSS_ENTROPY, ERROR, SOFTMAX, SQUARED_ERROR, is_of_predictions
from fastbp.kernels.dispatch import by_code, one_of
from fastbp.kernels.lanes.elementary import log1p_unit, sigmoid
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, vectors_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.lanes.vector import absolute, select, splat
from fastbp.kernels.outputs import activate_output
from fastbp.kernels.places import output_at, outputs_of, panel_rows_of
from fastbp.kernels.portions import Outputs, Span
from fastbp.kernels.turn import to_rows, turn


@scalar
def _squared_error(objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    a, d, t = workspace.activations, workspace.deltas, workspace.targets
    share = weight / outputs.units
    total = splat(a, 0)
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        error = load(a, at) - load(t, outputs.targets_at + j * outputs.panel_rows)
        store(d, at, (share + share) * error)
        total = total + error * error
    return share * total


@scalar
def _cross_entropy_label(workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    z, d = workspace.activations, workspace.deltas
    label = load(workspace.targets, outputs.targets_at)
    highest, total = exponentials(z, d, outputs.at, outputs.units, outputs.panel_rows)
    scale = weight / total
    wanted = splat(z, 0)
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        here = label == j
        scaled = load(d, at) * scale
        store(d, at, select(here, scaled - weight, scaled))
        wanted = select(here, load(z, at), wanted)
    return weight * ((highest - wanted) + logarithm(workspace, outputs.first_row, total))


@scalar
def _cross_entropy(objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    if outputs.target_columns == 1 and outputs.units > 1:
        return _cross_entropy_label(workspace, outputs, weight)
    z, d, t = workspace.activations, workspace.deltas, workspace.targets
    highest, total = exponentials(z, d, outputs.at, outputs.units, outputs.panel_rows)
    mass, distance = splat(z, 0), splat(z, 0)
    for j in range(outputs.units):
        wanted = load(t, outputs.targets_at + j * outputs.panel_rows)
        mass = mass + wanted
        distance = distance + wanted * (highest - load(z, outputs.at + j * outputs.panel_rows))
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        predicted = mass * load(d, at) / total
        store(d, at, weight * (predicted - load(t, outputs.targets_at + j * outputs.panel_rows)))
    return weight * (distance + mass * logarithm(workspace, outputs.first_row, total))


@scalar
def logarithm(workspace: Workspace, first_row: int, values: Any) -> Any:
    """The logarithms of a vector, one a row of the batch; the place of the rows' losses holds them on the way."""
    losses = workspace.row_losses
    store(losses, first_row, values)
    for r in range(first_row, first_row + lanes_of(losses)):
        losses[r] = math.log(losses[r])
    return load(losses, first_row)


@scalar
def _binary_cross_entropy(objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    z, d, t = workspace.activations, workspace.deltas, workspace.targets
    share = weight / outputs.units
    total = splat(z, 0)
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        logit, wanted = load(z, at), load(t, outputs.targets_at + j * outputs.panel_rows)
        s = sigmoid(-absolute(logit))
        wrong_side = select(logit > 0, (1 - wanted) * logit, wanted * -logit)
        # log(1 + e**-|z|) = -log(1 - sigmoid(-|z|)) = log(1 + s / (1 - s)), and s <= 1/2.
        total = total + (wrong_side + log1p_unit(s / (1 - s)))
        store(d, at, share * (sigmoid(logit) - wanted))
    return share * total


#: By code, what takes a loss and the outputs of a vector of rows with their weights, writes the deltas and returns the losses.
LOSSES = {SQUARED_ERROR: _squared_error, CROSS_ENTROPY: _cross_entropy, BINARY_CROSS_ENTROPY: _binary_cross_entropy}


@scalar
def _unknown(code: int, objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    """No loss: NaN, and so are the deltas."""
    nothing = splat(workspace.deltas, np.nan)
    for j in range(outputs.units):
        store(workspace.deltas, outputs.at + j * outputs.panel_rows, nothing)
    return nothing


_losses_of = by_code(LOSSES, _unknown)
_is_of_predictions = one_of(tuple(filter(is_of_predictions, LOSSES)))


def output_delta_of(losses_of: Any, is_of_predictions: Any) -> Any:
    """The unit for some losses: `losses_of` does what `LOSSES` say, by code, and `is_of_predictions` tells of a code what it is of."""

    def output_delta(objective: Objective, network: Network, workspace: Workspace, data: Data, rows: int, panels: Span) -> None:
        """Losses and deltas of the output layer for some panels. Losses of predictions leave these in place of the logits.

        A workspace for training also gets the deltas turned.
        """
        lanes = lanes_of(workspace.deltas)
        if is_of_predictions(objective.code):
            activate_output(network, workspace, rows, panels)
        for v in range(panels.begin * workspace.width, min(panels.end * workspace.width, vectors_of(rows, lanes))):
            outputs = outputs_of(network, workspace, data, v)
            weight = load(workspace.row_weights, outputs.first_row)
            store(workspace.row_losses, outputs.first_row, losses_of(objective.code, objective, workspace, outputs, weight))
            sum_vector(workspace, v, rows)
        if is_of_predictions(objective.code):
            _multiply_by_output_derivative(network, workspace, rows, panels)
        if workspace.training:
            _turn_output(network, workspace, rows, panels)

    return output_delta


output_delta = unit(ERROR)(output_delta_of(_losses_of, _is_of_predictions))


@scalar
def _turn_output(network: Network, workspace: Workspace, rows: int, panels: Span) -> None:
    """The deltas of the output layer row by row."""
    lanes, last, n_out = lanes_of(workspace.deltas), network.layers - 1, network.table[network.layers - 1, N_OUT]
    if rows > FEW:
        for p in range(panels.begin, panels.end):
            vectors = min(workspace.width, vectors_of(rows - p * panel_rows_of(workspace), lanes))
            turn(network, workspace, last, p, 0, n_out, vectors)
    elif panels.begin < panels.end:
        to_rows(network, workspace, workspace.deltas, last, rows, Span(0, network.table[last, N_OUT]))


@scalar
def sum_vector(workspace: Workspace, v: int, rows: int) -> None:
    """The sum of the row losses of vector `v`, added one after the other."""
    lanes = lanes_of(workspace.row_losses)
    total = workspace.row_losses[v * lanes]
    for r in range(v * lanes + 1, min(rows, (v + 1) * lanes)):
        total += workspace.row_losses[r]
    workspace.vector_losses[v] = total


@scalar
def total_loss(workspace: Workspace, rows: int) -> Any:
    """Sum of the losses of all rows, by the sums of the vectors: its rounding error grows with their number, not with that of the rows."""
    total = workspace.vector_losses[0]
    for v in range(1, vectors_of(rows, lanes_of(workspace.row_losses))):
        total += workspace.vector_losses[v]
    return total


@scalar
def _multiply_by_output_derivative(network: Network, workspace: Workspace, rows: int, panels: Span) -> None:
    last, panel_rows = network.layers - 1, panel_rows_of(workspace)
    code, n_out = network.table[last, ACTIVATION], network.table[last, N_OUT]
    a, d = workspace.activations, workspace.deltas
    for p in range(panels.begin, panels.end):
        at = output_at(network, workspace, last, p, 0)
        if code != SOFTMAX:
            multiply_by_derivative(network, workspace, last, at, n_out * workspace.width)
            continue
        for lane in range(0, min(panel_rows, rows - p * panel_rows), lanes_of(workspace.deltas)):
            _multiply_by_softmax_derivative(a, d, at + lane, n_out, panel_rows)


@scalar
def _multiply_by_softmax_derivative(a: Any, d: Any, at: int, count: int, panel_rows: int) -> None:
    mean = splat(a, 0)
    for j in range(count):
        mean = mean + load(d, at + j * panel_rows) * load(a, at + j * panel_rows)
    for j in range(count):
        store(d, at + j * panel_rows, load(a, at + j * panel_rows) * (load(d, at + j * panel_rows) - mean))
