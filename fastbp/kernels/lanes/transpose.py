"""A square block of a matrix turned by 90 degrees in registers: as many rows as a vector has lanes."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from fastbp.compiling.jit import operation
from fastbp.kernels.lanes.memory import element_pointer
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.vector import Vector, llvm_type

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _transpose_twin(out: Any, out0: int, out_row: int, source: Any, source0: int, source_row: int, count: int) -> None:
    for r in range(count):
        for i in range(BYTES // out.itemsize):
            out[out0 + r * out_row + i] = source[source0 + i * source_row + r]


@operation(_transpose_twin)
def transpose_block(typingctx: Any, out: Any, out0: Any, out_row: Any, source: Any, source0: Any, source_row: Any, count: Any) -> Any:
    """Columns of a square block of `source` to rows of `out`, of which only the first `count` are written; all of the block is read."""
    vector = llvm_type(Vector(out.dtype))
    size = out.dtype.bitwidth // 8

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        out_, out0_, out_row_, source_, source0_, source_row_, count_ = arguments
        read = element_pointer(context, builder, source, source_, source0_)
        write = element_pointer(context, builder, out, out_, out0_)

        def place(pointer: ir.Value, step: ir.Value, i: int) -> ir.Value:
            return builder.bitcast(builder.gep(pointer, [builder.mul(step, _I64(i))]), vector.as_pointer())

        rows = [builder.load(place(read, source_row_, i), align=size) for i in range(vector.count)]
        for i, row in enumerate(turn_block(builder, rows)):
            with builder.if_then(builder.icmp_signed("<", _I64(i), count_), likely=True):
                builder.store(row, place(write, out_row_, i), align=size)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(out, whole, whole, source, whole, whole, whole), emit


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
