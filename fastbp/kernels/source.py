"""Rows of the user's arrays, read where they lie, in their own element types."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import operation, scalar
from fastbp.kernels.arguments import ADDRESS, COLUMNS, DTYPE, INPUTS, STRIDE, TARGETS, Data
from fastbp.kernels.codes import DTYPES, F4, F8, I2, I4, I8, U1
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import element_pointer, emit_prefetch
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.transpose import turn_block
from fastbp.kernels.lanes.vector import Vector, llvm_type
from fastbp.kernels.portions import Span

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


def _transpose_rows_twin(out: Matrix, address: int, stride: int, order: Any, order_begin: int, blocks: int) -> None:
    lanes = BYTES // out.array.itemsize
    for i in range(lanes):
        for j in range(blocks * lanes):
            out.array[out.at + j * out.row + i] = _load_twin(address + order[order_begin + i] * stride, j, out.array.dtype)


@operation(_transpose_rows_twin)
def transpose_rows(typingctx: Any, out: Any, address: Any, stride: Any, order: Any, order_begin: Any, blocks: Any) -> Any:
    """``out[j, i] = source[order[order_begin + i], j]`` for as many rows as a vector has lanes, and `blocks` times as many columns.

    The source lies at `address`, its rows `stride` bytes apart, and has the element type of `out`.
    """
    vector, size = llvm_type(Vector(out[0].dtype)), out[0].dtype.bitwidth // 8

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        out_, address_, stride_, order_, order_begin_, blocks_ = arguments
        whole = ir.IntType(64)
        array, at, out_row = (builder.extract_value(out_, i) for i in range(3))
        write = element_pointer(context, builder, out[0], array, at)
        numbers = element_pointer(context, builder, order, order_, order_begin_)
        rows = []
        for i in range(vector.count):
            number = builder.load(builder.gep(numbers, [whole(i)]))
            rows.append(builder.inttoptr(builder.add(address_, builder.mul(number, stride_)), vector.as_pointer()))
        with cgutils.for_range(builder, blocks_, intp=whole) as loop:
            block = [builder.load(builder.gep(row, [loop.index]), align=1) for row in rows]
            first_column = builder.mul(loop.index, whole(vector.count))
            for i, turned in enumerate(turn_block(builder, block)):
                place = builder.gep(write, [builder.mul(builder.add(first_column, whole(i)), out_row)])
                builder.store(turned, builder.bitcast(place, vector.as_pointer()), align=size)
        return context.get_dummy_value()

    return types.void(out, types.int64, types.int64, order, types.int64, types.int64), emit


@operation(lambda out: DTYPES.index(out.dtype))
def own_dtype(typingctx: Any, out: Any) -> Any:
    """The code of the element type of `out`."""
    code = DTYPES.index(np.dtype(f"f{out.dtype.bitwidth // 8}"))

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return ir.IntType(64)(code)

    return types.int64(out), emit


@scalar
def read(source: Any, row: int, columns: Span, out: Any, at: int) -> None:
    """``out[at + j] = source[row, columns.begin + j]`` for some columns, as the element type of `out`."""
    address, dtype, count = source[ADDRESS] + row * source[STRIDE], source[DTYPE], columns.end - columns.begin
    if dtype == F4:
        _convert(address + 4 * columns.begin, np.float32, count, out, at)
    elif dtype == F8:
        _convert(address + 8 * columns.begin, np.float64, count, out, at)
    elif dtype == U1:
        _convert(address + columns.begin, np.uint8, count, out, at)
    elif dtype == I2:
        _convert(address + 2 * columns.begin, np.int16, count, out, at)
    elif dtype == I4:
        _convert(address + 4 * columns.begin, np.int32, count, out, at)
    elif dtype == I8:
        _convert(address + 8 * columns.begin, np.int64, count, out, at)


@scalar
def _convert(address: int, dtype: Any, count: int, out: Any, at: int) -> None:
    for j in range(count):
        out[np.uint64(at + j)] = load_at(address, j, dtype)


@scalar
def read_weight(source: Any, row: int, one: Any) -> Any:
    """The weight of a row, which comes as the element type of the network, that of `one`, or as float64."""
    address = source[ADDRESS] + row * source[STRIDE]
    if source[DTYPE] == F4:
        return one * type(one)(load_at(address, 0, np.float32))
    return one * type(one)(load_at(address, 0, np.float64))


@scalar
def row_bytes(source: Any) -> int:
    """Bytes of a row of a source, wherever the next one lies."""
    size: int = source[COLUMNS] * _SIZES[source[DTYPE]]
    return size


@operation(lambda address: None)
def _prefetch_at(typingctx: Any, address: Any) -> Any:
    """Have the cache line at an address brought to the second-level cache."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        emit_prefetch(builder, builder.inttoptr(arguments[0], ir.IntType(8).as_pointer()))
        return context.get_dummy_value()

    return types.void(types.int64), emit


@scalar
def prefetch_rows(data: Data, ahead: Span, columns: Span) -> None:
    """Ask for the targets and some columns of the inputs of the rows at places `ahead` of the order, which are far away."""
    size = _SIZES[data.sources[INPUTS, DTYPE]]
    _prefetch(data.sources[INPUTS], data.order, ahead, Span(columns.begin * size, columns.end * size))
    _prefetch(data.sources[TARGETS], data.order, ahead, Span(0, row_bytes(data.sources[TARGETS])))


@scalar
def _prefetch(source: Any, order: Any, ahead: Span, part: Span) -> None:
    """Ask for a part of the bytes of each row."""
    for i in range(ahead.begin, ahead.end):
        address = source[ADDRESS] + order[i] * source[STRIDE]
        for byte in range(part.begin, part.end, BYTES):
            _prefetch_at(address + byte)
