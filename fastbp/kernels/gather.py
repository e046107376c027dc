"""Batches are read from the user's array row by row, in the order of the epoch, and converted on the way: the data set is never copied."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import overload

from fastbp._jit import operation, scalar
from fastbp.kernels.arguments import ADDRESS, COLUMNS, DTYPE, INPUTS, STRIDE, TARGETS, WEIGHTS, Data, Workspace
from fastbp.kernels.codes import F4, F8, I2, I4, I8, U1


@operation
def _load(typingctx: Any, address: types.Integer, index: types.Integer, dtype: Any) -> Any:
    element = dtype.instance_type

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        pointer = builder.inttoptr(arguments[0], context.get_data_type(element).as_pointer())
        # A user's array may begin anywhere.
        return builder.load(builder.gep(pointer, [arguments[1]]), align=1)

    return element(types.int64, types.int64, dtype), emit


def load(address: Any, index: Any, dtype: Any) -> Any:
    """Element `index` of the array of `dtype` at `address`."""
    size = np.dtype(dtype).itemsize
    return np.frombuffer(ctypes.string_at(int(address + index * size), size), dtype)[0]


@overload(load, strict=False)
def _overload_load(address: types.Integer, index: types.Integer, dtype: Any) -> Any:
    return lambda address, index, dtype: _load(address, index, dtype)


@scalar
def _convert(address: int, dtype: Any, columns: int, out: Any, begin: int) -> None:
    for j in range(columns):
        out[np.uint64(begin + j)] = load(address, j, dtype)


@scalar
def _read_row(source: Any, row: int, out: Any, begin: int) -> None:
    """out[begin : begin + columns] = row `row` of the source, as the element type of `out`."""
    address, columns, dtype = source[ADDRESS] + row * source[STRIDE], source[COLUMNS], source[DTYPE]
    if dtype == F4:
        _convert(address, np.float32, columns, out, begin)
    elif dtype == F8:
        _convert(address, np.float64, columns, out, begin)
    elif dtype == U1:
        _convert(address, np.uint8, columns, out, begin)
    elif dtype == I2:
        _convert(address, np.int16, columns, out, begin)
    elif dtype == I4:
        _convert(address, np.int32, columns, out, begin)
    elif dtype == I8:
        _convert(address, np.int64, columns, out, begin)


@scalar
def gather_inputs(data: Data, first: int, workspace: Workspace, begin: int, end: int) -> None:
    """Rows `begin` to `end` of the batch that starts at place `first` of the order."""
    source = data.sources[INPUTS]
    for i in range(begin, end):
        _read_row(source, data.order[first + i], workspace.activations, i * source[COLUMNS])


@scalar
def gather_targets(data: Data, first: int, workspace: Workspace, rows: int, total_weight: Any) -> None:
    """The targets of a batch, and each row's share ``weight / total_weight`` of its loss (0 when all weights are).

    A `total_weight` of 0 stands for the sum over the batch.
    """
    targets, weights, shares = data.sources[TARGETS], data.sources[WEIGHTS], workspace.row_weights
    one = type(total_weight)(1)
    for i in range(rows):
        row = data.order[first + i]
        _read_row(targets, row, workspace.targets, i * targets[COLUMNS])
        if weights[ADDRESS] != 0:
            _read_row(weights, row, shares, i)
        else:
            shares[i] = one
    if total_weight == 0:
        for i in range(rows):
            total_weight += shares[i]
    if total_weight > 0:
        for i in range(rows):
            shares[i] /= total_weight
