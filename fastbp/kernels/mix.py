"""Mixup: each row of a batch with a share of another row of the data set (H. Zhang et al., *mixup*, ICLR 2018).

x = s x_i + (1 - s) x_j,  t = s t_i + (1 - s) t_j,  w = s w_i + (1 - s) w_j
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import variant
from fastbp.kernels.arguments import COLUMNS, INPUTS, TARGETS, Data, Workspace
from fastbp.kernels.codes import GATHER, MIXED
from fastbp.kernels.gather import gather, gather_rows, gather_weights_to, room_for_rows
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, load_first, store
from fastbp.kernels.lanes.panels import lanes_of, row_length, vectors_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.lanes.vector import splat
from fastbp.kernels.places import all_panels, panel_rows_of
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.source import read
from fastbp.kernels.team import share


def gather_mixed(data: Data, workspace: Workspace, batch: Batch, panels: Span, inputs: Span, targets: int, task: Task) -> None:
    """As ``gather_batch``; the partners' numbers come to the spare room, and are mixed in from there."""
    gather_rows(data, workspace, batch, panels, inputs, targets, task)
    others, columns = _of_partners(data), data.sources[INPUTS, COLUMNS]
    values, spare, panel_rows = workspace.activations, data.spare, panel_rows_of(workspace)
    scratch = room_for_rows(workspace, task)
    if batch.rows <= FEW:
        own, row = share(columns, task, lanes_of(values)), row_length(columns, lanes_of(values))
        for r in range(batch.rows):
            read(others.sources[INPUTS], others.order[batch.order_begin + r], own, spare, r * row + own.begin)
            _mix_row(data, batch, r, values, workspace.few + r * row, spare, r * row, own)
    else:
        some = all_panels(workspace, batch.rows) if inputs.begin > 0 or inputs.end < columns else panels
        gather(others, INPUTS, batch, some, inputs, Matrix(spare, 0, panel_rows), scratch)
        _mix_panels(data, batch, some, inputs, Matrix(values, 0, columns), Matrix(spare, 0, panel_rows))
    if targets:
        width, begin = data.sources[TARGETS, COLUMNS], workspace.capacity * columns + FEW * row_length(columns, lanes_of(values))
        gather(others, TARGETS, batch, panels, Span(0, width), Matrix(spare, begin, panel_rows), scratch)
        _mix_panels(data, batch, panels, Span(0, width), Matrix(workspace.targets, 0, width), Matrix(spare, begin, panel_rows))
        begin += workspace.capacity * width
        gather_weights_to(others, workspace, batch, panels, spare, begin)
        _mix_panels(data, batch, panels, Span(0, 1), Matrix(workspace.row_weights, 0, 1), Matrix(spare, begin, panel_rows))


@scalar
def _of_partners(data: Data) -> Data:
    """The data with each row's partner in its place."""
    return Data(data.sources, data.partners, data.rows, data.mean_over, data.order, data.shares, data.spare)


@scalar
def _mix_row(data: Data, batch: Batch, r: int, values: Any, at: int, spare: Any, spare_at: int, own: Span) -> None:
    """A row that lies in one piece."""
    part = splat(values, data.shares[batch.order_begin + r])
    for i in range(own.begin, own.end, lanes_of(values)):
        other = load(spare, spare_at + i)
        store(values, at + i, other + part * (load(values, at + i) - other))


@scalar
def _mix_panels(data: Data, batch: Batch, panels: Span, columns: Span, own: Matrix, spare: Matrix) -> None:
    """Some columns of some panels; a row of `own` stands for all columns that a panel has, one of `spare` for the rows of a panel."""
    lanes, panel_rows = lanes_of(own.array), spare.row
    for p in range(panels.begin, panels.end):
        rows = min(panel_rows, batch.rows - p * panel_rows)
        for v in range(vectors_of(rows, lanes)):
            part = load_first(data.shares, batch.order_begin + p * panel_rows + v * lanes, min(lanes, rows - v * lanes))
            for c in range(columns.begin, columns.end):
                i = (p * own.row + c) * panel_rows + v * lanes
                other = load(spare.array, spare.at + i)
                store(own.array, own.at + i, other + part * (load(own.array, own.at + i) - other))


variant(gather_mixed, GATHER, MIXED, "gather_mixed")
