"""Batches are read from the user's array row by row, in the order of the epoch, and converted on the way: the data set is never copied."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import operation, scalar, unit
from fastbp.kernels.arguments import ADDRESS, COLUMNS, DTYPE, INPUTS, STRIDE, TARGETS, WEIGHTS, Data, Workspace
from fastbp.kernels.codes import DTYPES, F4, F8, GATHER, I2, I4, I8, U1
from fastbp.kernels.lanes.memory import element_pointer, emit_prefetch
from fastbp.kernels.lanes.panels import lanes_of, panels_of, row_length
from fastbp.kernels.lanes.sizes import BYTES, FEW
from fastbp.kernels.lanes.transpose import transpose_block, turn_block
from fastbp.kernels.lanes.vector import Vector, llvm_type
from fastbp.kernels.team import share

# Columns read of a row before the next row's turn: a block of them for each lane of a vector fits the first-level cache.
_COLUMNS = 64
# Rows of fewer columns are read number by number.
_NARROW = 8
# Bytes of an element, by its code.
_SIZES = tuple(dtype.itemsize for dtype in DTYPES)


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


def _transpose_rows_twin(out: Any, out0: int, out_row: int, address: int, stride: int, order: Any, first: int, blocks: int) -> None:
    lanes = BYTES // out.itemsize
    for i in range(lanes):
        for j in range(blocks * lanes):
            out[out0 + j * out_row + i] = _load_twin(address + order[first + i] * stride, j, out.dtype)


@operation(_transpose_rows_twin)
def transpose_rows(
    typingctx: Any, out: Any, out0: Any, out_row: Any, address: Any, stride: Any, order: Any, first: Any, blocks: Any
) -> Any:
    """As many rows of a source of `out`'s own element type as a vector has lanes, to as many columns, `blocks` vectors of each."""
    vector, size = llvm_type(Vector(out.dtype)), out.dtype.bitwidth // 8

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        out_, out0_, out_row_, address_, stride_, order_, first_, blocks_ = arguments
        whole = ir.IntType(64)
        write = element_pointer(context, builder, out, out_, out0_)
        numbers = element_pointer(context, builder, order, order_, first_)
        rows = []
        for i in range(vector.count):
            number = builder.load(builder.gep(numbers, [whole(i)]))
            rows.append(builder.inttoptr(builder.add(address_, builder.mul(number, stride_)), vector.as_pointer()))
        with cgutils.for_range(builder, blocks_, intp=whole) as loop:
            block = [builder.load(builder.gep(row, [loop.index]), align=1) for row in rows]
            first_row = builder.mul(loop.index, whole(vector.count))
            for i, turned in enumerate(turn_block(builder, block)):
                place = builder.gep(write, [builder.mul(builder.add(first_row, whole(i)), out_row_)])
                builder.store(turned, builder.bitcast(place, vector.as_pointer()), align=size)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(out, whole, whole, whole, whole, order, whole, whole), emit


@operation(lambda out: DTYPES.index(out.dtype))
def own_dtype(typingctx: Any, out: Any) -> Any:
    """The code of the element type of `out`."""
    code = DTYPES.index(np.dtype(f"f{out.dtype.bitwidth // 8}"))

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return ir.IntType(64)(code)

    return types.int64(out), emit


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
    source: Any, order: Any, first: int, rows: int, width: int, begin: int, end: int, column: int, column_end: int, out: Any, base: int,
    scratch: Any, block: int,
) -> None:  # fmt: skip
    """Rows of panels `begin` to `end` of the batch that starts at place `first` of the order, unit by unit, to `out` from `base` on.

    Of wide rows only columns `column`, a multiple of the lanes, to `column_end`.
    """
    lanes = lanes_of(out)
    step, columns = width * lanes, source[COLUMNS]
    if columns < _NARROW:
        _gather_narrow(source, order, first, rows, step, begin, end, out, base)
        return
    for r in range(begin * step, min(end * step, rows), lanes):
        place, done = base + r // step * step * columns + r % step, column
        if source[DTYPE] == own_dtype(out) and rows - r >= lanes:
            blocks = (column_end - column) // lanes
            done = column + blocks * lanes
            address = source[ADDRESS] + column * (BYTES // lanes)
            transpose_rows(out, place + column * step, step, address, source[STRIDE], order, first + r, blocks)
        for c in range(done, column_end, _COLUMNS):
            count = min(_COLUMNS, column_end - c)
            for i in range(min(lanes, rows - r)):
                _read(source, order[first + r + i], c, count, scratch, block + i * _COLUMNS)
            for j in range(0, count, lanes):
                transpose_block(out, place + (c + j) * step, step, scratch, block + j, _COLUMNS, min(lanes, count - j))


@scalar
def _gather_narrow(source: Any, order: Any, first: int, rows: int, step: int, begin: int, end: int, out: Any, base: int) -> None:
    """Number by number: rows of a few columns are not worth a transposition."""
    columns = source[COLUMNS]
    for p in range(begin, end):
        place, count = base + p * step * columns, min(step, rows - p * step)
        if source[DTYPE] == F4:
            _scatter(source, order, first + p * step, count, np.float32, 4, columns, out, place, step)
        elif source[DTYPE] == F8:
            _scatter(source, order, first + p * step, count, np.float64, 8, columns, out, place, step)
        elif source[DTYPE] == I8:
            _scatter(source, order, first + p * step, count, np.int64, 8, columns, out, place, step)
        else:
            for i in range(count):
                for j in range(columns):
                    _read(source, order[first + p * step + i], j, 1, out, place + j * step + i)


@scalar
def _scatter(source: Any, order: Any, first: int, rows: int, dtype: Any, size: int, columns: int, out: Any, place: int, step: int) -> None:
    for i in range(rows):
        address = source[ADDRESS] + order[first + i] * source[STRIDE]
        for j in range(columns):
            out[place + j * step + i] = load_at(address, j, dtype)


@operation(lambda address: None)
def _prefetch_at(typingctx: Any, address: Any) -> Any:
    """Have the cache line at an address brought to the second-level cache."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        emit_prefetch(builder, builder.inttoptr(arguments[0], ir.IntType(8).as_pointer()))
        return context.get_dummy_value()

    return types.void(types.int64), emit


@scalar
def row_bytes(source: Any) -> int:
    """Bytes of a row of a source, wherever the next one lies."""
    size: int = source[COLUMNS] * _SIZES[source[DTYPE]]
    return size


@scalar
def prefetch_rows(data: Data, begin: int, end: int, column: int, column_end: int) -> None:
    """Ask for targets and inputs `column` to `column_end` of the rows from place `begin` of the order to `end`, which are far away."""
    size = _SIZES[data.sources[INPUTS, DTYPE]]
    _prefetch(data.sources[INPUTS], data.order, begin, end, column * size, column_end * size)
    _prefetch(data.sources[TARGETS], data.order, begin, end, 0, row_bytes(data.sources[TARGETS]))


@scalar
def _prefetch(source: Any, order: Any, begin: int, end: int, byte_begin: int, byte_end: int) -> None:
    for i in range(begin, end):
        address = source[ADDRESS] + order[i] * source[STRIDE]
        for byte in range(byte_begin, byte_end, BYTES):
            _prefetch_at(address + byte)


@unit(GATHER)
def gather_batch(
    data: Data, workspace: Workspace, first: int, rows: int, begin: int, end: int, column: int, column_end: int, targets: int,
    total_weight: Any, block: int, tasks: int, task: int,
) -> None:  # fmt: skip
    """Inputs and, unless `targets` is 0, targets and weights of panels `begin` to `end`; of a few rows the task's part of the inputs.

    `block` is a place in the scratch with room for `_COLUMNS` elements a lane.
    """
    width, scratch, values = workspace.width, workspace.scratch, workspace.activations
    if rows <= FEW:
        columns, lanes = data.sources[INPUTS, COLUMNS], lanes_of(values)
        own = share(columns, tasks, task, lanes)
        for r in range(rows):
            place = workspace.few + r * row_length(columns, lanes) + own[0]
            _read(data.sources[INPUTS], data.order[first + r], own[0], own[1] - own[0], values, place)
    else:
        columns = data.sources[INPUTS, COLUMNS]
        some = column > 0 or column_end < columns
        one, last = (0, panels_of(rows, width, lanes_of(values))) if some else (begin, end)
        gather(data.sources[INPUTS], data.order, first, rows, width, one, last, column, column_end, values, 0, scratch, block)
    if targets:
        columns = data.sources[TARGETS, COLUMNS]
        gather(data.sources[TARGETS], data.order, first, rows, width, begin, end, 0, columns, workspace.targets, 0, scratch, block)
        gather_weights(data, workspace, first, rows, begin, end, total_weight)


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
