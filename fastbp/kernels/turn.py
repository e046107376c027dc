"""Deltas row by row of the batch, as the gradient reads them; and units of a few rows, row by row or in a panel."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import SPREAD, TURNED, Network, Workspace
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.transpose import transpose_block
from fastbp.kernels.places import few_outputs, output_at, panel_rows_of
from fastbp.kernels.portions import Span


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
def to_rows(network: Network, workspace: Workspace, values: Any, layer: int, rows: int, units: Span) -> None:
    """What a panel holds of some units of a layer, from a multiple of the lanes on, to where a few rows of them lie."""
    lanes, out = lanes_of(values), few_outputs(values, network, workspace, layer)
    for u in range(units.begin, units.end, lanes):
        source = Matrix(values, output_at(network, workspace, layer, 0, u), panel_rows_of(workspace))
        transpose_block(Matrix(values, out.at + u, out.row), source, rows)


@scalar
def to_panel(network: Network, workspace: Workspace, values: Any, layer: int, units: Span) -> None:
    """The other way: a few rows of some units to their panel."""
    panel_rows, lanes, source = panel_rows_of(workspace), lanes_of(values), few_outputs(values, network, workspace, layer)
    for u in range(units.begin, units.end, lanes):
        out = Matrix(values, output_at(network, workspace, layer, 0, u), panel_rows)
        transpose_block(out, Matrix(values, source.at + u, source.row), min(lanes, units.end - u))
