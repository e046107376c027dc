"""Deltas row by row of the batch, as the gradient reads them."""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_OUT, ROWS_OUT, SPREAD, TURNED, UNITS_OUT, Network, Workspace
from fastbp.kernels.lanes.panels import lanes_of, row_length
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.lanes.transpose import transpose_block


@scalar
def turn(network: Network, workspace: Workspace, layer: int, panel: int, unit: int, count: int, vectors: int) -> None:
    """Write `count` deltas of `layer` from `unit` on, a multiple of the lanes, row by row of the batch, for the gradient to read."""
    n_out, spread, lanes = network.table[layer, N_OUT], network.table[layer, SPREAD], lanes_of(workspace.deltas)
    step, row = workspace.width * lanes, spread * lanes
    for u in range(unit, unit + count, lanes):
        begin = workspace.capacity * (network.table[layer, TURNED] + u // row * row) + u % row
        for v in range(vectors):
            place = workspace.capacity * network.table[layer, UNITS_OUT] + (panel * n_out + u) * step + v * lanes
            transpose_block(workspace.turned, begin + (panel * step + v * lanes) * row, row, workspace.deltas, place, step, lanes)


@scalar
def rows_of_deltas(network: Network, workspace: Workspace, layer: int, rows: int) -> None:
    """Write the deltas of `layer` of a batch of a few rows, which one panel holds, row by row."""
    table, deltas, lanes = network.table, workspace.deltas, lanes_of(workspace.deltas)
    n_out, step = table[layer, N_OUT], workspace.width * lanes
    length, place = row_length(n_out, lanes), workspace.few + FEW * table[layer, ROWS_OUT]
    for u in range(0, n_out, lanes):
        transpose_block(deltas, place + u, length, deltas, workspace.capacity * table[layer, UNITS_OUT] + u * step, step, rows)
