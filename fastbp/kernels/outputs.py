"""What the output layer gives: activations in place of its logits, and predictions row by row."""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.activate import activate, softmax
from fastbp.kernels.arguments import ACTIVATION, N_OUT, Network, Numbers, Workspace
from fastbp.kernels.codes import OUTPUT, SOFTMAX
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.transpose import transpose_block
from fastbp.kernels.places import output_at, panel_rows_of
from fastbp.kernels.portions import Batch, Span

# Rows of fewer numbers are not worth a transposition.
_NARROW = 3


@scalar
def activate_output(network: Network, workspace: Workspace, rows: int, panels: Span) -> None:
    """What the output layer gives, in place of its logits, for some panels."""
    last, panel_rows = network.layers - 1, panel_rows_of(workspace)
    code, n_out = network.table[last, ACTIVATION], network.table[last, N_OUT]
    for p in range(panels.begin, panels.end):
        at = output_at(network, workspace, last, p, 0)
        if code != SOFTMAX:
            activate(network, workspace, last, at, n_out * workspace.width)
            continue
        for lane in range(0, min(panel_rows, rows - p * panel_rows), lanes_of(workspace.deltas)):
            softmax(workspace.activations, at + lane, n_out, panel_rows)


@unit(OUTPUT)
def write_output(network: Network, workspace: Workspace, batch: Batch, panels: Span, results: Numbers, is_activated: int) -> None:
    """What the output layer gives, for some panels, to the rows of the results that have their places in the order.

    `is_activated` where a loss has left that in place of the logits.
    """
    if not is_activated:
        activate_output(network, workspace, batch.rows, panels)
    values, last, panel_rows, lanes = workspace.activations, network.layers - 1, panel_rows_of(workspace), lanes_of(workspace.deltas)
    n_out, end = network.table[last, N_OUT], min(panels.end * panel_rows, batch.rows)
    for r in range(panels.begin * panel_rows, end, lanes):
        logits = Matrix(values, output_at(network, workspace, last, r // panel_rows, 0) + r % panel_rows, panel_rows)
        rows, out = min(lanes, end - r), Matrix(results, (batch.order_begin + r) * n_out, n_out)
        # A block's rows are whole vectors. Where those of the output are shorter, the next row is written after what reaches into it.
        if n_out >= lanes or (n_out >= _NARROW and (end - r - lanes) * n_out >= lanes - n_out):
            for j in range(0, n_out, lanes):
                first = max(0, min(j, n_out - lanes))
                transpose_block(Matrix(results, out.at + first, n_out), Matrix(values, logits.at + first * panel_rows, panel_rows), rows)
            continue
        for j in range(n_out):
            for i in range(rows):
                results[out.at + i * n_out + j] = values[logits.at + j * panel_rows + i]
