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
from fastbp.kernels.lanes.matrix import FROM_C, FROM_ZERO, Depth, Matrix, Start
from fastbp.kernels.lanes.memory import element_pointer
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.vector import Vector, fma, llvm_type, splat_value

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _multiply_twin(c: Matrix, a: Matrix, b: Matrix, depth: Depth, start: Start, rows: int, vectors: int, beside: int) -> None:
    columns = vectors * (BYTES // c.array.itemsize)
    a_row, a_step = (1, a.row) if beside else (a.row, 1)
    for i in range(rows):
        sums = c.array[c.at + i * c.row :][:columns]
        if start.at != FROM_C:
            sums[:] = 0 if start.at == FROM_ZERO else start.array[start.at + i]
        for k in range(depth.total):
            left = a.array[a.at + i * a_row + k // depth.part * depth.jump + k % depth.part * a_step]
            sums[:] = fma(left, b.array[b.at + k * b.row :][:columns], sums)


@operation(_multiply_twin)
def multiply(typingctx: Any, c: Any, a: Any, b: Any, depth: Any, start: Any, rows: Any, vectors: Any, beside: Any) -> Any:
    """``C[i, j] = start + sum_k A[i, k] B[k, j]`` for `rows` rows and `vectors` whole vectors of columns, both literals.

    With the literal 1 for `beside`, `a` is A turned: what a step of the depth needs lies side by side.
    """
    if not all(isinstance(kind, types.IntegerLiteral) for kind in (rows, vectors, beside)):
        return None
    shape, element = (rows.literal_value, vectors.literal_value), c[0].dtype

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        def field(argument: int, i: int) -> ir.Value:
            return builder.extract_value(arguments[argument], i)

        def begin(argument: int, kind: Any) -> ir.Value:
            return element_pointer(context, builder, kind[0], field(argument, 0), field(argument, 1))

        total, part, jump = (field(3, i) for i in range(3))
        a_row, b_row = field(1, 2), field(2, 2)
        tile = _Tile(builder, llvm_type(Vector(element)), shape, begin(0, c), field(0, 2))
        tile.begin(begin(4, start), field(4, 1))
        left_begin, right_begin = begin(1, a), begin(2, b)
        parts = builder.sdiv(builder.sub(builder.add(total, part), _I64(1)), part)
        with cgutils.for_range(builder, parts, intp=_I64) as loop:
            done = builder.mul(loop.index, part)
            left = builder.gep(left_begin, [builder.mul(loop.index, jump)])
            right = builder.gep(right_begin, [builder.mul(done, b_row)])
            steps = builder.sub(total, done)
            steps = builder.select(builder.icmp_signed("<", steps, part), steps, part)
            tile.run(left, right, a_row, b_row, steps, beside.literal_value)
        tile.end()
        return context.get_dummy_value()

    return types.void(c, a, b, depth, start, rows, vectors, beside), emit


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

    def _row_pointers(self, first: ir.Value, row: ir.Value) -> list[ir.Value]:
        """Where the rows begin, each found from the row before.

        The compiler must not see how: it would compute all distances before the loop around the tile, and keep them in memory.
        """
        opaque = ir.InlineAsm(ir.FunctionType(first.type, [first.type]), "", "=r,0")
        pointers = [first]
        while len(pointers) < len(self.rows):
            pointers.append(self.builder.call(opaque, [self.builder.gep(pointers[-1], [row])]))
        return pointers

    def _vector_place(self, pointer: ir.Value, v: int) -> ir.Value:
        place = self.builder.gep(pointer, [_I64(v * self.vector.count)])
        return self.builder.bitcast(place, self.vector.as_pointer())

    def begin(self, start: ir.Value, start_at: ir.Value) -> None:
        builder = self.builder
        with builder.if_else(builder.icmp_signed("==", start_at, _I64(FROM_C))) as (continued, fresh):
            with continued:
                for key, place in self.places.items():
                    builder.store(builder.load(place, align=self.size), self.sums[key])
            with fresh, builder.if_else(builder.icmp_signed("==", start_at, _I64(FROM_ZERO))) as (zero, given):
                with zero:
                    for total in self.sums.values():
                        builder.store(ir.Constant(self.vector, None), total)
                with given:
                    for i in self.rows:
                        value = splat_value(builder, builder.load(builder.gep(start, [_I64(i)])), self.vector)
                        for v in self.vectors:
                            builder.store(value, self.sums[i, v])

    def run(self, a: ir.Value, b: ir.Value, a_row: ir.Value, b_row: ir.Value, depth: ir.Value, beside: int) -> None:
        builder = self.builder
        a_rows = [] if beside else self._row_pointers(a, a_row)
        with cgutils.for_range(builder, depth, intp=_I64) as loop:
            row = builder.gep(b, [builder.mul(loop.index, b_row)])
            right = [builder.load(self._vector_place(row, v), align=self.size) for v in self.vectors]
            column = builder.gep(a, [builder.mul(loop.index, a_row)])
            for i in self.rows:
                left = builder.gep(column, [_I64(i)]) if beside else builder.gep(a_rows[i], [loop.index])
                factor = splat_value(builder, builder.load(left), self.vector)
                for v in self.vectors:
                    total = builder.call(self._fma, [factor, right[v], builder.load(self.sums[i, v])])
                    builder.store(total, self.sums[i, v])

    def end(self) -> None:
        for key, place in self.places.items():
            self.builder.store(self.builder.load(self.sums[key]), place, align=self.size)
