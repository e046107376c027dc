"""The register tile: a few rows and vectors of a product, held in registers while the depth runs.

Scope: C += A B for one tile. Everything around it (blocks, packing, which tile when) is in ``product.py``. Each element of C is one chain
of fused multiply-adds in ascending depth, whatever the tile's shape, so shapes can be chosen for speed alone (``isa.py``). Numba cannot
be told what to keep in registers, so the tile is written as the LLVM operations it should become.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import operation
from fastbp.kernels.lanes.memory import element_pointer
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.vector import Vector, fma, llvm_type, splat_value

#: Where the sums of a tile begin: at what C holds, at zero, or (0 and up) at the numbers from that place of `start` on, one a row.
FROM_C, FROM_ZERO = -2, -1

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _multiply_twin(
    c: Any, c0: int, c_row: int, a: Any, a0: int, a_step: int, a_jump: int, b: Any, b0: int, b_row: int, depth: int, total: int,
    start: Any, start0: int, rows: int, vectors: int, beside: int,
) -> None:  # fmt: skip
    columns = vectors * (BYTES // c.itemsize)
    a_row, a_depth = (1, a_step) if beside else (a_step, 1)
    for i in range(rows):
        begin = c0 + i * c_row
        sums = c[begin : begin + columns].copy()
        if start0 != FROM_C:
            sums[:] = 0 if start0 == FROM_ZERO else start[start0 + i]
        for k in range(total):
            left = a[a0 + i * a_row + k // depth * a_jump + k % depth * a_depth]
            sums = fma(left, b[b0 + k * b_row : b0 + k * b_row + columns], sums)
        c[begin : begin + columns] = sums


@operation(_multiply_twin)
def multiply(
    typingctx: Any, c: Any, c0: Any, c_row: Any, a: Any, a0: Any, a_step: Any, a_jump: Any, b: Any, b0: Any, b_row: Any, depth: Any,
    total: Any, start: Any, start0: Any, rows: Any, vectors: Any, beside: Any,
) -> Any:  # fmt: skip
    """C += A B for `rows` rows and `vectors` whole vectors of columns, both literals; offsets and strides are in elements.

    Rows of B and C are contiguous. With the literal 1 for `beside` the numbers that a step of the depth needs lie side by side in A and
    `a_step` leads to the next step; with 0 rows of A are contiguous and `a_step` leads to the next row. The `total` depth consists of
    parts of `depth` steps each, the last one of what is left, `a_jump` apart in A; in B they follow each other.
    """
    if not all(isinstance(kind, types.IntegerLiteral) for kind in (rows, vectors, beside)):
        return None
    shape = rows.literal_value, vectors.literal_value
    whole = types.int64
    signature = types.void(c, whole, whole, a, whole, whole, whole, b, whole, whole, whole, whole, start, whole, rows, vectors, beside)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        c_, c0_, c_row_, a_, a0_, a_step_, a_jump_, b_, b0_, b_row_, depth_, total_, start_, start0_, *_ = arguments
        pointers = [element_pointer(context, builder, *what) for what in ((c, c_, c0_), (a, a_, a0_), (b, b_, b0_))]
        tile = _Tile(builder, llvm_type(Vector(c.dtype)), shape, pointers[0], c_row_)
        tile.begin(element_pointer(context, builder, start, start_, start0_), start0_)
        parts = builder.sdiv(builder.sub(builder.add(total_, depth_), _I64(1)), depth_)
        with cgutils.for_range(builder, parts, intp=_I64) as loop:
            done = builder.mul(loop.index, depth_)
            left = builder.gep(pointers[1], [builder.mul(loop.index, a_jump_)])
            right = builder.gep(pointers[2], [builder.mul(done, b_row_)])
            steps = builder.sub(total_, done)
            steps = builder.select(builder.icmp_signed("<", steps, depth_), steps, depth_)
            tile.run(left, right, a_step_, b_row_, steps, beside.literal_value)
        tile.end()
        return context.get_dummy_value()

    return signature, emit


class _Tile:
    """The instructions of one tile."""

    def __init__(self, builder: ir.IRBuilder, vector: ir.VectorType, shape: tuple[int, int], c: ir.Value, c_row: ir.Value) -> None:
        self.builder, self.vector = builder, vector
        self.rows, self.vectors = range(shape[0]), range(shape[1])
        self.size = 4 if isinstance(vector.element, ir.FloatType) else 8
        self.sums = {(i, v): cgutils.alloca_once(builder, vector) for i in self.rows for v in self.vectors}
        starts = self._row_pointers(c, c_row)
        self.places = {(i, v): self._vector_place(starts[i], v) for i, v in self.sums}
        kind = ir.FunctionType(vector, [vector] * 3)
        self._fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{vector.count}f{8 * self.size}")

    def _row_pointers(self, first: ir.Value, step: ir.Value) -> list[ir.Value]:
        """Where the rows begin, each found from the row before.

        The compiler must not see how: it would compute all distances before the loop around the tile, and keep them in memory.
        """
        opaque = ir.InlineAsm(ir.FunctionType(first.type, [first.type]), "", "=r,0")
        pointers = [first]
        while len(pointers) < len(self.rows):
            pointers.append(self.builder.call(opaque, [self.builder.gep(pointers[-1], [step])]))
        return pointers

    def _vector_place(self, pointer: ir.Value, v: int) -> ir.Value:
        place = self.builder.gep(pointer, [_I64(v * self.vector.count)])
        return self.builder.bitcast(place, self.vector.as_pointer())

    def begin(self, start: ir.Value, start0: ir.Value) -> None:
        builder = self.builder
        with builder.if_else(builder.icmp_signed("==", start0, _I64(FROM_C))) as (continued, fresh):
            with continued:
                for key, place in self.places.items():
                    builder.store(builder.load(place, align=self.size), self.sums[key])
            with fresh, builder.if_else(builder.icmp_signed("==", start0, _I64(FROM_ZERO))) as (zero, given):
                with zero:
                    for total in self.sums.values():
                        builder.store(ir.Constant(self.vector, None), total)
                with given:
                    for i in self.rows:
                        value = splat_value(builder, builder.load(builder.gep(start, [_I64(i)])), self.vector)
                        for v in self.vectors:
                            builder.store(value, self.sums[i, v])

    def run(self, a: ir.Value, b: ir.Value, a_step: ir.Value, b_row: ir.Value, depth: ir.Value, beside: int) -> None:
        builder = self.builder
        a_rows = [] if beside else self._row_pointers(a, a_step)
        with cgutils.for_range(builder, depth, intp=_I64) as loop:
            row = builder.gep(b, [builder.mul(loop.index, b_row)])
            right = [builder.load(self._vector_place(row, v), align=self.size) for v in self.vectors]
            column = builder.gep(a, [builder.mul(loop.index, a_step)])
            for i in self.rows:
                left = builder.gep(column, [_I64(i)]) if beside else builder.gep(a_rows[i], [loop.index])
                factor = splat_value(builder, builder.load(left), self.vector)
                for v in self.vectors:
                    total = builder.call(self._fma, [factor, right[v], builder.load(self.sums[i, v])])
                    builder.store(total, self.sums[i, v])

    def end(self) -> None:
        for key, place in self.places.items():
            self.builder.store(self.builder.load(self.sums[key]), place, align=self.size)
