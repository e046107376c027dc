"""Deltas row by row of the batch, as the gradient reads them."""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_OUT, SPREAD, TURNED, Network, Workspace
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.transpose import transpose_block
from fastbp.kernels.places import few_outputs, output_at, panel_rows_of


@scalar
def turned_deltas(network: Network, workspace: Workspace, layer: int, unit_panel: int, panel: int) -> Matrix:
    """The deltas of a panel of a layer's units, from the first row of a panel of the batch on: ``[row][unit]``."""
    panel_units = network.table[layer, SPREAD] * lanes_of(workspace.turned)
    begin = workspace.capacity * (network.table[layer, TURNED] + unit_panel * panel_units)
    return Matrix(workspace.turned, begin + panel * panel_rows_of(workspace) * panel_units, panel_units)


@scalar
def turn(network: Network, workspace: Workspace, layer: int, panel: int, unit: int, count: int, vectors: int) -> None:
    """``turned[r, u] = delta[u, r]`` for `count` units of `layer` from `unit` on, a multiple of the lanes, and the vectors of a panel."""
    lanes, panel_rows = lanes_of(workspace.deltas), panel_rows_of(workspace)
    panel_units = network.table[layer, SPREAD] * lanes
    for u in range(unit, unit + count, lanes):
        out, at = turned_deltas(network, workspace, layer, u // panel_units, panel), output_at(network, workspace, layer, panel, u)
        for r in range(0, vectors * lanes, lanes):
            square = Matrix(out.array, out.at + r * out.row + u % panel_units, out.row)
            transpose_block(square, Matrix(workspace.deltas, at + r, panel_rows), lanes)


@scalar
def rows_of_deltas(network: Network, workspace: Workspace, layer: int, rows: int) -> None:
    """The same for a batch of a few rows, which one panel holds, to where the deltas of these lie."""
    deltas, lanes, out = workspace.deltas, lanes_of(workspace.deltas), few_outputs(workspace.deltas, network, workspace, layer)
    for u in range(0, network.table[layer, N_OUT], lanes):
        source = Matrix(deltas, output_at(network, workspace, layer, 0, u), panel_rows_of(workspace))
        transpose_block(Matrix(deltas, out.at + u, out.row), source, rows)
