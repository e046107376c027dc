"""A square block of a matrix turned by 90 degrees in registers: as many rows as a vector has lanes."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from fastbp.compiling.jit import operation
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import element_pointer
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.vector import Vector, llvm_type

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _transpose_twin(out: Matrix, source: Matrix, count: int) -> None:
    for r in range(count):
        for i in range(BYTES // out.array.itemsize):
            out.array[out.at + r * out.row + i] = source.array[source.at + i * source.row + r]


@operation(_transpose_twin)
def transpose_block(typingctx: Any, out: Any, source: Any, count: Any) -> Any:
    """``out[i, j] = source[j, i]`` for a square block: the first `count` rows of `out` are written, all of the block is read."""
    vector, size = llvm_type(Vector(out[0].dtype)), out[0].dtype.bitwidth // 8

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        def row_place(argument: int, kind: Any, i: int) -> ir.Value:
            array, at, row = (builder.extract_value(arguments[argument], field) for field in range(3))
            begin = element_pointer(context, builder, kind[0], array, at)
            return builder.bitcast(builder.gep(begin, [builder.mul(row, _I64(i))]), vector.as_pointer())

        rows = [builder.load(row_place(1, source, i), align=size) for i in range(vector.count)]
        for i, row in enumerate(turn_block(builder, rows)):
            with builder.if_then(builder.icmp_signed("<", _I64(i), arguments[2]), likely=True):
                builder.store(row, row_place(0, out, i), align=size)
        return context.get_dummy_value()

    return types.void(out, source, types.int64), emit


def turn_block(builder: ir.IRBuilder, rows: list[ir.Value]) -> list[ir.Value]:
    """Swap the off-diagonal quarters of blocks of 2, 4, 8, ... lanes."""
    lanes = len(rows)
    half = 1
    while half < lanes:
        left = [lane if not lane & half else lanes + lane - half for lane in range(lanes)]
        right = [lane + half if not lane & half else lanes + lane for lane in range(lanes)]
        turned = list(rows)
        for i in range(lanes):
            if not i & half:
                a, b = rows[i], rows[i + half]
                turned[i] = builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, lanes), left))
                turned[i + half] = builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, lanes), right))
        rows = turned
        half *= 2
    return rows
