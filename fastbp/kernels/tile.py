"""The register tile: up to 8 rows by 48 columns of a product, held in vector registers while the depth runs.

Scope: C += A B for one tile, A read in place with any strides, B read row by row. Everything around it (blocks, packing, which tile
when) is in ``product.py``. Each element of C is one chain of fused multiply-adds in ascending depth, whatever the tile's shape, so shapes
can be chosen for speed alone. Numba has no vector type, so the tile is written as the LLVM operations it should become; LLVM splits the
vectors on machines with narrower registers. `multiply` is the same loop in plain Python, which runs when the JIT is off.

8 x 48 holds 24 accumulators in 32 registers, and needs 11 loads for 24 multiply-adds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import overload

from fastbp._jit import operation
from fastbp.kernels.elementary import fma

#: Bytes of a vector, and vectors in the width of a tile.
BYTES = 64
VECTORS = 3
ROWS = 8
#: Rows of B in a block: the first-level cache holds the block beside the rows of A and C.
DEPTH = 256

_I32, _I64 = ir.IntType(32), ir.IntType(64)


class _Vector:
    """LLVM's vectors of one element type: loads, stores, fused multiply-adds, the last vector of a row masked."""

    def __init__(self, builder: ir.IRBuilder, element: types.Float, tail: ir.Value) -> None:
        self.builder = builder
        self.lanes = BYTES * 8 // element.bitwidth
        self.size = element.bitwidth // 8
        self.type = ir.VectorType(ir.FloatType() if element.bitwidth == 32 else ir.DoubleType(), self.lanes)
        suffix = f"v{self.lanes}f{element.bitwidth}"
        mask, place = ir.VectorType(ir.IntType(1), self.lanes), self.type.as_pointer()
        self._load = self._declare(f"llvm.masked.load.{suffix}.p0", self.type, [place, _I32, mask, self.type])
        self._store = self._declare(f"llvm.masked.store.{suffix}.p0", ir.VoidType(), [self.type, place, _I32, mask])
        self._fma = self._declare(f"llvm.fma.{suffix}", self.type, [self.type] * 3)
        count = self.splat(builder.trunc(tail, _I32), ir.VectorType(_I32, self.lanes))
        self.mask = builder.icmp_unsigned("<", ir.Constant(count.type, list(range(self.lanes))), count)

    def _declare(self, name: str, result: ir.Type, arguments: list[ir.Type]) -> ir.Function:
        return cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(result, arguments), name)

    def splat(self, scalar: ir.Value, vector: ir.VectorType | None = None) -> ir.Value:
        undefined = ir.Constant(vector or self.type, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, _I32(0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_I32, undefined.type.count), None))

    def load(self, pointer: ir.Value, masked: bool) -> ir.Value:
        place = self.builder.bitcast(pointer, self.type.as_pointer())
        if not masked:
            return self.builder.load(place, align=self.size)
        return self.builder.call(self._load, [place, _I32(self.size), self.mask, ir.Constant(self.type, None)])

    def store(self, value: ir.Value, pointer: ir.Value, masked: bool) -> None:
        place = self.builder.bitcast(pointer, self.type.as_pointer())
        if masked:
            self.builder.call(self._store, [value, place, _I32(self.size), self.mask])
        else:
            self.builder.store(value, place, align=self.size)

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        return self.builder.call(self._fma, [a, b, c])


@operation
def _multiply(
    typingctx: Any, c: Any, c0: Any, c_row: Any, a: Any, a0: Any, a_row: Any, a_depth: Any, b: Any, b0: Any, b_row: Any, depth: Any,
    tail: Any, rows: Any, vectors: Any,
) -> Any:  # fmt: skip
    signature = types.void(c, *[types.int64] * 2, a, *[types.int64] * 3, b, *[types.int64] * 4, rows, vectors)
    if not isinstance(rows, types.IntegerLiteral) or not isinstance(vectors, types.IntegerLiteral):
        return None
    shape = rows.literal_value, vectors.literal_value

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        c_, c0_, c_row_, a_, a0_, a_row_, a_depth_, b_, b0_, b_row_, depth_, tail_, _, _ = arguments

        def place(kind: Any, array: ir.Value, offset: ir.Value) -> ir.Value:
            return builder.gep(context.make_array(kind)(context, builder, array).data, [offset])

        vector = _Vector(builder, c.dtype, tail_)
        pointers = place(c, c_, c0_), place(a, a_, a0_), place(b, b_, b0_)
        _emit_tile(builder, vector, shape, pointers, (c_row_, a_row_, a_depth_, b_row_), depth_)
        return context.get_dummy_value()

    return signature, emit


def _emit_tile(builder: ir.IRBuilder, vector: _Vector, shape: tuple[int, int], pointers: Any, strides: Any, depth: ir.Value) -> None:
    (c, a, b), (c_row, a_row, a_depth, b_row), (rows, vectors) = pointers, strides, shape
    tile = [(i, v) for i in range(rows) for v in range(vectors)]
    places = {(i, v): builder.gep(c, [builder.add(builder.mul(c_row, _I64(i)), _I64(v * vector.lanes))]) for i, v in tile}
    sums = {key: cgutils.alloca_once(builder, vector.type) for key in tile}
    for i, v in tile:
        builder.store(vector.load(places[i, v], v == vectors - 1), sums[i, v])
    # A pointer the compiler cannot see through, one a row: otherwise it steps from row to row by additions, each waiting for the last.
    opaque = ir.InlineAsm(ir.FunctionType(a.type, [a.type]), "", "=r,0")
    a_rows = [builder.call(opaque, [builder.gep(a, [builder.mul(a_row, _I64(i))])]) for i in range(rows)]
    with cgutils.for_range(builder, depth, intp=_I64) as loop:
        row = builder.gep(b, [builder.mul(loop.index, b_row)])
        b_row_vectors = [vector.load(builder.gep(row, [_I64(v * vector.lanes)]), v == vectors - 1) for v in range(vectors)]
        step = builder.mul(loop.index, a_depth)
        for i in range(rows):
            factor = vector.splat(builder.load(builder.gep(a_rows[i], [step])))
            for v in range(vectors):
                builder.store(vector.fma(factor, b_row_vectors[v], builder.load(sums[i, v])), sums[i, v])
    for i, v in tile:
        vector.store(builder.load(sums[i, v]), places[i, v], v == vectors - 1)


@operation
def _stack_pointer(typingctx: Any, like: Any, count: Any) -> Any:
    """Room for `count` elements of the type of `like`, on the stack of the function that asks, at a cache line."""
    if not isinstance(count, types.IntegerLiteral):
        return None
    size = count.literal_value

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        room = cgutils.alloca_once(builder, ir.ArrayType(context.get_data_type(like.dtype), size))
        room.align = BYTES
        return builder.bitcast(room, context.get_data_type(like.dtype).as_pointer())

    return types.CPointer(like.dtype)(like, count), emit


def scratch(like: Any) -> Any:
    """A block of B, `DEPTH` rows of a tile's width, for the elements of `like`; lives until the caller returns."""
    return np.empty(DEPTH * VECTORS * (BYTES // like.itemsize), like.dtype)


@overload(scratch, strict=False)
def _overload_scratch(like: Any) -> Any:
    count = DEPTH * VECTORS * BYTES * 8 // like.dtype.bitwidth
    return lambda like: carray(_stack_pointer(like, count), count)


def multiply(
    c: Any, c0: int, c_row: int, a: Any, a0: int, a_row: int, a_depth: int, b: Any, b0: int, b_row: int, depth: int, tail: int,
    rows: int, vectors: int,
) -> None:  # fmt: skip
    """C += A B for `rows` rows and `vectors` vectors of columns, of which the last counts `tail` lanes.

    `rows` and `vectors` are literals; offsets and strides are in elements. Rows of B and C are contiguous.
    """
    columns = (vectors - 1) * (BYTES // c.itemsize) + tail
    for i in range(rows):
        for j in range(columns):
            total = c[c0 + i * c_row + j]
            for k in range(depth):
                total = fma(a[a0 + i * a_row + k * a_depth], b[b0 + k * b_row + j], total)
            c[c0 + i * c_row + j] = total


@overload(multiply, strict=False, prefer_literal=True)
def _overload_multiply(
    c: Any, c0: Any, c_row: Any, a: Any, a0: Any, a_row: Any, a_depth: Any, b: Any, b0: Any, b_row: Any, depth: Any, tail: Any,
    rows: Any, vectors: Any,
) -> Any:  # fmt: skip
    if not isinstance(rows, types.IntegerLiteral) or not isinstance(vectors, types.IntegerLiteral):
        return None

    def call(c, c0, c_row, a, a0, a_row, a_depth, b, b0, b_row, depth, tail, rows, vectors):  # type: ignore[no-untyped-def]
        _multiply(c, c0, c_row, a, a0, a_row, a_depth, b, b0, b_row, depth, tail, rows, vectors)

    return call
