"""Vectors to and from flat arrays, whole or only their first lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import data_pointer, operation
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.vector import Vector, llvm_type, splat_value

_I32 = ir.IntType(32)


def element_pointer(context: Any, builder: ir.IRBuilder, kind: Any, array: ir.Value, index: ir.Value) -> ir.Value:
    """Where element `index` of a flat array lies."""
    return builder.gep(data_pointer(context, builder, kind, array), [index])


def _place(context: Any, builder: ir.IRBuilder, kind: Any, array: ir.Value, index: ir.Value) -> ir.Value:
    vector = llvm_type(Vector(kind.dtype))
    return builder.bitcast(element_pointer(context, builder, kind, array, index), vector.as_pointer())


def _load_twin(array: Any, index: int) -> Any:
    return array[index : index + BYTES // array.itemsize].copy()


@operation(_load_twin)
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """The vector that begins at ``array[index]``."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return builder.load(_place(context, builder, array, *arguments), align=array.dtype.bitwidth // 8)

    return Vector(array.dtype)(array, types.int64), emit


def _store_twin(array: Any, index: int, value: Any) -> None:
    array[index : index + BYTES // array.itemsize] = value


@operation(_store_twin)
def store(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Write a vector to ``array[index]`` and what follows."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        builder.store(arguments[2], _place(context, builder, array, *arguments[:2]), align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.int64, Vector(array.dtype)), emit


@operation(_store_twin)
def store_back(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Write a vector to where it was read from, perhaps changed.

    The compiler must not see that it is the same place. Of ``store(select(mask, new, load))`` it makes a store of the lanes of the mask,
    which takes AMD's processors before AVX-512 ten times as long: a relu as long as a tanh.
    """

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        place = _place(context, builder, array, *arguments[:2])
        opaque = ir.InlineAsm(ir.FunctionType(place.type, [place.type]), "", "=r,0")
        builder.store(arguments[2], builder.call(opaque, [place]), align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.int64, Vector(array.dtype)), emit


def _copy_numbers_twin(into: Any, array: Any, count: int) -> None:
    into[:count] = array[:count]


@operation(_copy_numbers_twin)
def copy_numbers(typingctx: Any, into: Any, array: Any, count: Any) -> Any:
    """Copy the first `count` numbers of an array. The C library's function takes half the time of a loop where they are many."""

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        to, place = (data_pointer(context, builder, array, each) for each in arguments[:2])
        cgutils.raw_memcpy(builder, to, place, arguments[2], array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(into, array, types.int64), emit


def _load_first_twin(array: Any, index: int, count: int) -> Any:
    vector = np.zeros(BYTES // array.itemsize, array.dtype)
    vector[:count] = array[index : index + min(count, vector.size)]
    return vector


@operation(_load_first_twin)
def load_first(typingctx: Any, array: Any, index: Any, count: Any) -> Any:
    """The first `count` lanes from ``array[index]`` on, the others 0; nothing beyond them is read."""
    vector, size = llvm_type(Vector(array.dtype)), array.dtype.bitwidth // 8

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        place = _place(context, builder, array, *arguments[:2])
        masks = ir.VectorType(ir.IntType(1), vector.count)
        name = f"llvm.masked.load.v{vector.count}f{8 * size}.p0"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [place.type, _I32, masks, vector]), name)
        return builder.call(function, [place, _I32(size), _first(builder, vector, arguments[2]), ir.Constant(vector, None)])

    return Vector(array.dtype)(array, types.int64, types.int64), emit


def _first(builder: ir.IRBuilder, vector: ir.VectorType, count: ir.Value) -> ir.Value:
    counts = splat_value(builder, builder.trunc(count, _I32), ir.VectorType(_I32, vector.count))
    return builder.icmp_signed("<", ir.Constant(counts.type, list(range(vector.count))), counts)


def _store_first_twin(array: Any, index: int, value: Any, count: int) -> None:
    count = min(count, value.size)
    array[index : index + count] = value[:count]


@operation(_store_first_twin)
def store_first(typingctx: Any, array: Any, index: Any, value: Any, count: Any) -> Any:
    """Write the first `count` lanes to ``array[index]`` and what follows."""
    vector, size = llvm_type(Vector(array.dtype)), array.dtype.bitwidth // 8

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        place = _place(context, builder, array, *arguments[:2])
        masks = ir.VectorType(ir.IntType(1), vector.count)
        name = f"llvm.masked.store.v{vector.count}f{8 * size}.p0"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [vector, place.type, _I32, masks]), name)
        builder.call(function, [arguments[2], place, _I32(size), _first(builder, vector, arguments[3])])
        return context.get_dummy_value()

    return types.void(array, types.int64, Vector(array.dtype), types.int64), emit


@operation(lambda array, index: None)
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Have the cache line of ``array[index]`` brought to the second-level cache: the operands of a tile fill the first."""
    return _emit_prefetch_of(array, 2)


@operation(lambda array, index: None)
def prefetch_first(typingctx: Any, array: Any, index: Any) -> Any:
    """Have the cache line of ``array[index]`` brought to the first-level cache: it is needed at once."""
    return _emit_prefetch_of(array, 1)


def _emit_prefetch_of(array: Any, level: int) -> Any:
    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        emit_prefetch(builder, builder.bitcast(element_pointer(context, builder, array, *arguments), ir.IntType(8).as_pointer()), level)
        return context.get_dummy_value()

    return types.void(array, types.int64), emit


def emit_prefetch(builder: ir.IRBuilder, place: ir.Value, level: int = 2) -> None:
    """Have a cache line brought to the cache of a level."""
    kind = ir.FunctionType(ir.VoidType(), [place.type, _I32, _I32, _I32])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    # For reading; LLVM counts the levels down from 4; data.
    builder.call(function, [place, _I32(0), _I32(4 - level), _I32(1)])
