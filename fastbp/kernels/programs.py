"""The compiled entry points: a run of training steps, and a batch for losses or predictions. No Python between steps, no allocation."""

from __future__ import annotations

from typing import Any

from fastbp._jit import program, scalar
from fastbp.kernels.activate import activate_output
from fastbp.kernels.arguments import ACTIVATION, N_OUT, UNITS_OUT, Data, Network, Rule, Workspace
from fastbp.kernels.codes import NO_LOSS, NO_UPDATE, SQUARED_ERROR
from fastbp.kernels.delta import delta
from fastbp.kernels.forward import forward
from fastbp.kernels.gather import gather_targets
from fastbp.kernels.gradient import gradient
from fastbp.kernels.loss import count_hits, output_delta, total_loss
from fastbp.kernels.subnormal import flush_subnormals, restore
from fastbp.kernels.update import update, update_share


@program
def train(
    network: Network, workspace: Workspace, data: Data, rule: Rule, loss: int, first: int, batch_size: int, losses: Any, tasks: int
) -> None:
    """As many steps as `losses` has places, over the batches from place `first` of the order on; the last may be short."""
    mode = flush_subnormals()
    zero = type(network.slopes[0])(0)
    # The caller may have changed the weights since the last run.
    update_share(network, workspace, Rule(NO_UPDATE, rule.rates, rule.gradients, rule.slots), 0, 1, 0)
    for step in range(losses.size):
        begin = first + step * batch_size
        rows = min(batch_size, data.order.size - begin)
        gather_targets(data, begin, workspace, rows, zero)
        forward(network, workspace, data, begin, rows, tasks)
        delta(loss, network, workspace, data, rows, tasks)
        losses[step] = total_loss(workspace.row_losses, rows)
        gradient(network, workspace, rule.gradients, rows, tasks)
        if rule.code != NO_UPDATE:
            update(network, workspace, rule, step, tasks)
    restore(mode)


@program
def infer(
    network: Network, workspace: Workspace, data: Data, loss: int, first: int, rows: int, total_weight: Any, out: Any, tasks: int
) -> tuple[Any, Any]:
    """One batch forward. With a loss, the batch's share in the loss and accuracy of a set whose weights sum to `total_weight`.

    With NO_LOSS, what the output layer gives is written to rows `first` to ``first + rows`` of the flat `out`.
    """
    mode = flush_subnormals()
    forward(network, workspace, data, first, rows, tasks)
    if loss == NO_LOSS:
        _write_output(network, workspace, first, rows, out)
        value, accuracy = total_weight, total_weight
    else:
        value, accuracy = _score(network, workspace, data, loss, first, rows, total_weight)
    restore(mode)
    return value, accuracy


@scalar
def _score(network: Network, workspace: Workspace, data: Data, loss: int, first: int, rows: int, total_weight: Any) -> tuple[Any, Any]:
    gather_targets(data, first, workspace, rows, total_weight)
    output_delta(loss, network, workspace, data, 0, rows)
    value = total_loss(workspace.row_losses, rows)
    if loss == SQUARED_ERROR:
        return value, value
    count_hits(loss, network, workspace, data, 0, rows)
    return value, total_loss(workspace.row_losses, rows)


@scalar
def _write_output(network: Network, workspace: Workspace, first: int, rows: int, out: Any) -> None:
    last = network.table.shape[0] - 1
    columns = network.table[last, N_OUT]
    begin = workspace.capacity * network.table[last, UNITS_OUT]
    activate_output(network.table[last, ACTIVATION], network.slopes[last], workspace.activations, begin, rows, columns)
    for i in range(rows * columns):
        out[first * columns + i] = workspace.activations[begin + i]
