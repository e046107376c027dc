"""Where the units of a layer lie in the vectors of a workspace: panel by panel, or a few rows row by row; and where its parameters do."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import (
    BIAS,
    COLUMNS,
    N_IN,
    N_OUT,
    ROWS_IN,
    ROWS_OUT,
    TARGETS,
    UNITS_IN,
    UNITS_OUT,
    WEIGHT,
    Data,
    Network,
    Workspace,
)  # fmt: skip
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
    """Where the weights of layer `part` / 2 lie, when that is whole, or else its biases."""
    n_in, n_out, column = network.table[part // 2, N_IN], network.table[part // 2, N_OUT], WEIGHT if part % 2 == 0 else BIAS
    begin = network.table[part // 2, column]
    return Span(begin, begin + (n_in * n_out if part % 2 == 0 else n_out))
