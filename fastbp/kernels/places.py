"""Where the units of a layer lie in the vectors of a workspace: panel by panel, or a few rows row by row; and where its parameters do."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import (
    BIAS,
    COLUMNS,
    N_IN,
    N_OUT,
    NORM,
    ROWS_IN,
    ROWS_OUT,
    SCALE,
    TARGETS,
    UNITS_IN,
    UNITS_OUT,
    WEIGHT,
    Data,
    Network,
    Workspace,
)  # fmt: skip
from fastbp.kernels.codes import NO_NORM, PARTS
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.panels import lanes_of, panels_of, row_length, vectors_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.portions import Outputs, Span


@scalar
def panel_rows_of(workspace: Workspace) -> int:
    """Rows of the batch in a panel, and so the distance between two units of one."""
    rows: int = workspace.width * lanes_of(workspace.deltas)
    return rows


@scalar
def all_panels(workspace: Workspace, rows: int) -> Span:
    """The panels of a batch of so many rows."""
    return Span(0, panels_of(rows, workspace.width, lanes_of(workspace.deltas)))


@scalar
def vectors_in(workspace: Workspace, rows: int, panel: int) -> int:
    """Vectors of a panel that hold rows of the batch."""
    vectors: int = min(workspace.width, vectors_of(rows - panel * panel_rows_of(workspace), lanes_of(workspace.deltas)))
    return vectors


@scalar
def input_at(network: Network, workspace: Workspace, layer: int, panel: int, unit: int) -> int:
    """Where input `unit` of a layer begins in a panel, in activations and in deltas."""
    begin, n_in = workspace.capacity * network.table[layer, UNITS_IN], network.table[layer, N_IN]
    at: int = begin + (panel * n_in + unit) * panel_rows_of(workspace)
    return at


@scalar
def output_at(network: Network, workspace: Workspace, layer: int, panel: int, unit: int) -> int:
    """Where unit `unit` of a layer begins in a panel, in activations and in deltas."""
    begin, n_out = workspace.capacity * network.table[layer, UNITS_OUT], network.table[layer, N_OUT]
    at: int = begin + (panel * n_out + unit) * panel_rows_of(workspace)
    return at


@scalar
def few_inputs(values: Any, network: Network, workspace: Workspace, layer: int) -> Matrix:
    """The inputs of a layer in activations or in deltas, where the batch has a few rows: a row each."""
    return Matrix(values, workspace.few + FEW * network.table[layer, ROWS_IN], row_length(network.table[layer, N_IN], lanes_of(values)))


@scalar
def few_outputs(values: Any, network: Network, workspace: Workspace, layer: int) -> Matrix:
    """The units of a layer, alike."""
    return Matrix(values, workspace.few + FEW * network.table[layer, ROWS_OUT], row_length(network.table[layer, N_OUT], lanes_of(values)))


@scalar
def outputs_of(network: Network, workspace: Workspace, data: Data, vector: int) -> Outputs:
    """The output layer for vector `vector` of the rows of a batch."""
    lanes, last, panel_rows = lanes_of(workspace.deltas), network.layers - 1, panel_rows_of(workspace)
    first_row = vector * lanes
    panel, lane = first_row // panel_rows, first_row % panel_rows
    at = output_at(network, workspace, last, panel, 0) + lane
    target_columns = data.sources[TARGETS, COLUMNS]
    targets_at = panel * panel_rows * target_columns + lane
    return Outputs(first_row, at, targets_at, target_columns, network.table[last, N_OUT], panel_rows)


@scalar
def part_of(network: Network, part: int) -> Span:
    """Where the parameters of layer `part` / PARTS lie: its weights, its biases, and if it has them scales and shifts."""
    table, layer, kind = network.table, part // PARTS, part % PARTS
    n_out = table[layer, N_OUT]
    if kind == 0:
        return Span(table[layer, WEIGHT], table[layer, WEIGHT] + table[layer, N_IN] * n_out)
    if kind == 1:
        return Span(table[layer, BIAS], table[layer, BIAS] + n_out)
    if table[layer, NORM] == NO_NORM:
        return Span(0, 0)
    begin = vector_at(network, layer, kind - 2)
    return Span(begin, begin + n_out)


@scalar
def vector_at(network: Network, layer: int, number: int) -> int:
    """Where a vector of a normalised layer begins in the parameters: scales, shifts, means over the batches, variances over them."""
    at: int = network.table[layer, SCALE] + number * row_length(network.table[layer, N_OUT], lanes_of(network.parameters))
    return at
