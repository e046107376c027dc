"""Batches are read from the user's array row by row, in the order of the epoch, and converted on the way: the data set is never copied."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.arguments import ADDRESS, COLUMNS, DTYPE, INPUTS, STRIDE, TARGETS, WEIGHTS, Data, Workspace
from fastbp.kernels.codes import F4, F8, GATHER, I8
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.panels import lanes_of, row_length
from fastbp.kernels.lanes.sizes import BYTES, FEW
from fastbp.kernels.lanes.transpose import transpose_block
from fastbp.kernels.places import all_panels, panel_rows_of
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.source import load_at, own_dtype, read, read_weight, transpose_rows
from fastbp.kernels.team import share

# Columns read of a row before the next row's turn: a block of them for each lane of a vector fits the first-level cache.
_COLUMNS_AT_ONCE = 64
# Rows of fewer columns are read number by number.
_NARROW = 8


@unit(GATHER)
def gather_batch(data: Data, workspace: Workspace, batch: Batch, panels: Span, inputs: Span, targets: int, task: Task) -> None:
    """Inputs and, unless `targets` is 0, targets and weights of some panels; of the inputs only some, then of all panels.

    Of a few rows the inputs are those of the task's share.
    """
    gather_rows(data, workspace, batch, panels, inputs, targets, task)


@scalar
def gather_rows(data: Data, workspace: Workspace, batch: Batch, panels: Span, inputs: Span, targets: int, task: Task) -> None:
    """What `gather_batch` does, as a part of other units."""
    values, panel_rows, columns = workspace.activations, panel_rows_of(workspace), data.sources[INPUTS, COLUMNS]
    scratch = room_for_rows(workspace, task)
    if batch.rows <= FEW:
        own, row = share(columns, task, lanes_of(values)), row_length(columns, lanes_of(values))
        for r in range(batch.rows):
            read(data.sources[INPUTS], data.order[batch.order_begin + r], own, values, workspace.few + r * row + own.begin)
    else:
        shared = inputs.begin > 0 or inputs.end < columns
        some = all_panels(workspace, batch.rows) if shared else panels
        gather(data, INPUTS, batch, some, inputs, Matrix(values, 0, panel_rows), scratch)
    if targets:
        gather(data, TARGETS, batch, panels, Span(0, data.sources[TARGETS, COLUMNS]), Matrix(workspace.targets, 0, panel_rows), scratch)
        gather_weights_to(data, workspace, batch, panels, workspace.row_weights, 0)


@scalar
def room_for_rows(workspace: Workspace, task: Task) -> Matrix:
    """Scratch that `gather` may have for some columns of as many rows as a vector has lanes."""
    return Matrix(workspace.scratch, task.scratch_at, _COLUMNS_AT_ONCE)


@scalar
def gather(data: Data, which: int, batch: Batch, panels: Span, columns: Span, out: Matrix, scratch: Matrix) -> None:
    """``out[panel][column][row]`` = some panels of a batch of inputs or targets; ``out.row`` is the number of rows in a panel.

    Of wide rows only some columns, from a multiple of the lanes on. `scratch` has room for as many rows as a vector has lanes.
    """
    source, order, lanes, panel_rows = data.sources[which], data.order, lanes_of(out.array), out.row
    if source[COLUMNS] < _NARROW:
        _gather_narrow(source, order, batch, panels, out)
        return
    for r in range(panels.begin * panel_rows, min(panels.end * panel_rows, batch.rows), lanes):
        at, done = out.at + r // panel_rows * panel_rows * source[COLUMNS] + r % panel_rows, columns.begin
        order_begin, rows = batch.order_begin + r, min(lanes, batch.rows - r)
        if source[DTYPE] == own_dtype(out.array) and rows == lanes:
            blocks, address = (columns.end - columns.begin) // lanes, source[ADDRESS] + columns.begin * (BYTES // lanes)
            turned = Matrix(out.array, at + columns.begin * panel_rows, panel_rows)
            transpose_rows(turned, address, source[STRIDE], order, order_begin, blocks)
            done = columns.begin + blocks * lanes
        for j in range(done, columns.end, _COLUMNS_AT_ONCE):
            some = Span(j, min(columns.end, j + _COLUMNS_AT_ONCE))
            for i in range(rows):
                read(source, order[order_begin + i], some, scratch.array, scratch.at + i * scratch.row)
            for k in range(0, some.end - j, lanes):
                turned = Matrix(out.array, at + (j + k) * panel_rows, panel_rows)
                transpose_block(turned, Matrix(scratch.array, scratch.at + k, scratch.row), min(lanes, some.end - j - k))


@scalar
def _gather_narrow(source: Any, order: Any, batch: Batch, panels: Span, out: Matrix) -> None:
    """Number by number: rows of a few columns are not worth a transposition."""
    for p in range(panels.begin, panels.end):
        begin = batch.order_begin + p * out.row
        places = Span(begin, min(begin + out.row, batch.order_begin + batch.rows))
        panel = Matrix(out.array, out.at + p * out.row * source[COLUMNS], out.row)
        if source[DTYPE] == F4:
            _scatter(source, order, places, np.float32, panel)
        elif source[DTYPE] == F8:
            _scatter(source, order, places, np.float64, panel)
        elif source[DTYPE] == I8:
            _scatter(source, order, places, np.int64, panel)
        else:
            for i in range(places.begin, places.end):
                for j in range(source[COLUMNS]):
                    read(source, order[i], Span(j, j + 1), panel.array, panel.at + j * panel.row + i - places.begin)


@scalar
def _scatter(source: Any, order: Any, places: Span, dtype: Any, out: Matrix) -> None:
    """``out[j, i] = source[order[places.begin + i], j]``."""
    values, row, columns = out.array, out.row, source[COLUMNS]
    fours = columns // 4 * 4
    for i in range(places.end - places.begin):
        address, at = source[ADDRESS] + order[places.begin + i] * source[STRIDE], out.at + i
        # Four are read before one is written: the compiler cannot know that they lie elsewhere.
        for j in range(0, fours, 4):
            first, second = load_at(address, j, dtype), load_at(address, j + 1, dtype)
            third, fourth = load_at(address, j + 2, dtype), load_at(address, j + 3, dtype)
            values[at], values[at + row], values[at + 2 * row], values[at + 3 * row] = first, second, third, fourth
            at += 4 * row
        for j in range(fours, columns):
            values[at] = load_at(address, j, dtype)
            at += row


@scalar
def gather_weights_to(data: Data, workspace: Workspace, batch: Batch, panels: Span, shares: Any, at: int) -> None:
    """What each row's loss is multiplied with, ``weight / mean_over``, for some panels. `mean_over` 0 stands for the rows of the batch.

    The weights of a data set have mean 1, so that over an epoch a row of weight 2 counts as two rows, whatever the batches.
    """
    source, panel_rows, one = data.sources[WEIGHTS], panel_rows_of(workspace), type(shares[0])(1)
    rows = type(one)(data.mean_over if data.mean_over > 0 else batch.rows)
    begin, end = panels.begin * panel_rows, min(panels.end * panel_rows, batch.rows)
    if source[ADDRESS] == 0:
        share = one / rows
        for r in range(begin, end):
            shares[at + r] = share
        return
    for r in range(begin, end):
        shares[at + r] = read_weight(source, data.order[batch.order_begin + r], one) / rows
