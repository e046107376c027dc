"""Batches are read from the user's array row by row, in the order of the epoch, and converted on the way: the data set is never copied."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from fastbp._jit import operation, scalar
from fastbp.kernels.arguments import ADDRESS, COLUMNS, DTYPE, INPUTS, STRIDE, TARGETS, WEIGHTS, Data, Workspace
from fastbp.kernels.codes import F4, F8, I2, I4, I8, U1
from fastbp.kernels.panels import lanes_of
from fastbp.kernels.transpose import transpose_block

# Columns read of a row before the next row's turn: a block of them for each lane of a vector fits the first-level cache.
_COLUMNS = 64


def _load_twin(address: Any, index: Any, dtype: Any) -> Any:
    size = np.dtype(dtype).itemsize
    return np.frombuffer(ctypes.string_at(int(address + index * size), size), dtype)[0]


@operation(_load_twin)
def load_at(typingctx: Any, address: Any, index: Any, dtype: Any) -> Any:
    """Element `index` of the array of `dtype` at `address`."""
    element = dtype.instance_type

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        pointer = builder.inttoptr(arguments[0], context.get_data_type(element).as_pointer())
        # A user's array may begin anywhere.
        return builder.load(builder.gep(pointer, [arguments[1]]), align=1)

    return element(types.int64, types.int64, dtype), emit


@scalar
def _convert(address: int, dtype: Any, columns: int, out: Any, begin: int) -> None:
    for j in range(columns):
        out[np.uint64(begin + j)] = load_at(address, j, dtype)


@scalar
def _read(source: Any, row: int, column: int, columns: int, out: Any, begin: int) -> None:
    """out[begin : begin + columns] = columns `column` and on of row `row` of the source, as the element type of `out`."""
    address, dtype = source[ADDRESS] + row * source[STRIDE], source[DTYPE]
    if dtype == F4:
        _convert(address + 4 * column, np.float32, columns, out, begin)
    elif dtype == F8:
        _convert(address + 8 * column, np.float64, columns, out, begin)
    elif dtype == U1:
        _convert(address + column, np.uint8, columns, out, begin)
    elif dtype == I2:
        _convert(address + 2 * column, np.int16, columns, out, begin)
    elif dtype == I4:
        _convert(address + 4 * column, np.int32, columns, out, begin)
    elif dtype == I8:
        _convert(address + 8 * column, np.int64, columns, out, begin)


@scalar
def gather(
    source: Any, order: Any, first: int, rows: int, width: int, begin: int, end: int, out: Any, base: int, scratch: Any, block: int
) -> None:
    """Rows of panels `begin` to `end` of the batch that starts at place `first` of the order, unit by unit, to `out` from `base` on.

    `block` is a place in `scratch` with room for `_COLUMNS` elements a lane.
    """
    lanes = lanes_of(out)
    step, columns = width * lanes, source[COLUMNS]
    for r in range(begin * step, min(end * step, rows), lanes):
        place = base + r // step * step * columns + r % step
        for c in range(0, columns, _COLUMNS):
            count = min(_COLUMNS, columns - c)
            for i in range(min(lanes, rows - r)):
                _read(source, order[first + r + i], c, count, scratch, block + i * _COLUMNS)
            for j in range(0, count, lanes):
                transpose_block(out, place + (c + j) * step, step, scratch, block + j, _COLUMNS, min(lanes, count - j))


@scalar
def gather_batch(data: Data, workspace: Workspace, first: int, rows: int, begin: int, end: int, targets: int, block: int) -> None:
    """Inputs and, unless `targets` is 0, targets of panels `begin` to `end`."""
    width, scratch = workspace.width, workspace.scratch
    gather(data.sources[INPUTS], data.order, first, rows, width, begin, end, workspace.activations, 0, scratch, block)
    if targets:
        gather(data.sources[TARGETS], data.order, first, rows, width, begin, end, workspace.targets, 0, scratch, block)


@scalar
def gather_weights(data: Data, workspace: Workspace, first: int, rows: int, begin: int, end: int, total: Any) -> None:
    """Each row's share ``weight / total`` in the loss (0 when all weights are), for panels `begin` to `end`.

    A `total` of 0 stands for the sum over the batch.
    """
    source, shares = data.sources[WEIGHTS], workspace.row_weights
    step = workspace.width * lanes_of(shares)
    one = type(total)(1)
    if source[ADDRESS] == 0:
        share = one / (total if total > 0 else type(total)(rows))
        for i in range(begin * step, min(end * step, rows)):
            shares[i] = share
        return
    if total == 0:
        for i in range(rows):
            total += _weight(source, data.order[first + i], one)
    for i in range(begin * step, min(end * step, rows)):
        weight = _weight(source, data.order[first + i], one)
        shares[i] = weight / total if total > 0 else weight


@scalar
def _weight(source: Any, row: int, one: Any) -> Any:
    """Weights come as the element type of the network or as float64."""
    address = source[ADDRESS] + row * source[STRIDE]
    if source[DTYPE] == F4:
        return one * type(one)(load_at(address, 0, np.float32))
    return one * type(one)(load_at(address, 0, np.float64))
