"""The register tile: a few rows and vectors of a product, held in registers while the depth runs.

Scope: C += A B for one tile. Everything around it (blocks, packing, which tile when) is in ``product.py``. Each element of C is one chain
of fused multiply-adds in ascending depth, whatever the tile's shape, so shapes can be chosen for speed alone (``isa.py``). Numba cannot
be told what to keep in registers, so the tile is written as the LLVM operations it should become.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from fastbp.compiling.jit import operation
from fastbp.kernels.lanes.matrix import FROM_C, FROM_ZERO, Depth, Matrix, Start
from fastbp.kernels.lanes.memory import element_pointer, emit_prefetch
from fastbp.kernels.lanes.sizes import BYTES, WIDTH
from fastbp.kernels.lanes.vector import Vector, fma, llvm_type, splat_value

_I32, _I64 = ir.IntType(32), ir.IntType(64)
# How far ahead the left operand is asked for: rows of A turned, where it is read in place; and numbers in each row of A, some lines.
_ROWS_AHEAD, _NUMBERS_AHEAD = 8 if WIDTH >= 3 else 0, 32


def _multiply_twin(c: Matrix, a: Matrix, b: Matrix, depth: Depth, start: Start, rows: int, vectors: int, beside: int, asking: int) -> None:
    columns = vectors * (BYTES // c.array.itemsize)
    a_row, a_step = (1, a.row) if beside else (a.row, 1)
    for i in range(rows):
        sums = c.array[c.at + i * c.row :][:columns]
        if start.at != FROM_C:
            sums[:] = 0 if start.at == FROM_ZERO else start.array[start.at + i]
        for k in range(depth.total):
            left = a.array[a.at + i * a_row + k // depth.part * depth.jump + k % depth.part * a_step]
            sums[:] = fma(left, b.array[b.at + k * b.row :][:columns], sums)


def multiply_while(act: Any) -> Any:
    """`multiply` with ``act(given, i)`` after each `every` of its steps, `times` in all; what is left of these follows the last step."""

    def twin(
        c: Matrix, a: Matrix, b: Matrix, depth: Depth, start: Start, rows: int, vectors: int, beside: int, asking: int,
        given: Any, every: int, times: int,
    ) -> None:  # fmt: skip
        for i in range(times):
            act(given, i)
        _multiply_twin(c, a, b, depth, start, rows, vectors, beside, asking)

    @operation(twin)
    def multiply_meanwhile(
        typingctx: Any, c: Any, a: Any, b: Any, depth: Any, start: Any, rows: Any, vectors: Any, beside: Any, asking: Any,
        given: Any, every: Any, times: Any,
    ) -> Any:  # fmt: skip
        if not all(isinstance(kind, types.IntegerLiteral) for kind in (rows, vectors, beside, asking)):
            return None
        function = types.Dispatcher(act)
        acting = function.get_call_type(typingctx, (given, types.int64), {})

        def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
            call = context.get_function(function, acting)
            context.add_linking_libs(getattr(call, "libs", ()))
            between = _Between(builder, lambda i: call(builder, [arguments[9], i]), *arguments[10:])
            _emit_product(context, builder, (c, a, b, depth, start, rows, vectors, beside, asking), arguments, between)
            return context.get_dummy_value()

        return types.void(c, a, b, depth, start, rows, vectors, beside, asking, given, types.int64, types.int64), emit

    return multiply_meanwhile


@operation(_multiply_twin)
def multiply(typingctx: Any, c: Any, a: Any, b: Any, depth: Any, start: Any, rows: Any, vectors: Any, beside: Any, asking: Any) -> Any:
    """``C[i, j] = start + sum_k A[i, k] B[k, j]`` for `rows` rows and `vectors` whole vectors of columns, both literals.

    With the literal 1 for `beside`, `a` is A turned: what a step of the depth needs lies side by side. With 1 for `asking`, A comes from
    further than the first-level cache, and what steps to come need of it is asked for.
    """
    if not all(isinstance(kind, types.IntegerLiteral) for kind in (rows, vectors, beside, asking)):
        return None

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        _emit_product(context, builder, (c, a, b, depth, start, rows, vectors, beside, asking), arguments, None)
        return context.get_dummy_value()

    return types.void(c, a, b, depth, start, rows, vectors, beside, asking), emit


def _emit_product(context: Any, builder: ir.IRBuilder, kinds: Any, arguments: Any, between: _Between | None) -> None:
    c, a, b, _, start, *shape = kinds
    rows, vectors, beside, asking = (kind.literal_value for kind in shape)

    def field(argument: int, i: int) -> ir.Value:
        return builder.extract_value(arguments[argument], i)

    def begin(argument: int, kind: Any) -> ir.Value:
        return element_pointer(context, builder, kind[0], field(argument, 0), field(argument, 1))

    total, part, jump = (field(3, i) for i in range(3))
    a_row, b_row = field(1, 2), field(2, 2)
    lead = (_ROWS_AHEAD if beside else _NUMBERS_AHEAD) if asking else 0
    tile = _Tile(builder, llvm_type(Vector(c[0].dtype)), (rows, vectors, beside, lead), begin(0, c), field(0, 2))
    tile.begin(begin(4, start), field(4, 1))
    left_begin, right_begin = begin(1, a), begin(2, b)
    parts = builder.sdiv(builder.sub(builder.add(total, part), _I64(1)), part)
    with cgutils.for_range(builder, parts, intp=_I64) as loop:
        done = builder.mul(loop.index, part)
        left = builder.gep(left_begin, [builder.mul(loop.index, jump)])
        right = builder.gep(right_begin, [builder.mul(done, b_row)])
        steps = _least(builder, builder.sub(total, done), part)
        lefts = tile.lefts(left, a_row)

        def run(begin: ir.Value, end: ir.Value) -> None:
            tile.run(lefts, right, a_row, b_row, begin, end)

        if between:
            between.run(steps, run)
        else:
            run(_I64(0), steps)
    if between:
        between.end()
    tile.end()


def _least(builder: ir.IRBuilder, one: ir.Value, other: ir.Value) -> ir.Value:
    return builder.select(builder.icmp_signed("<", one, other), one, other)


class _Between:
    """What is done beside a product, between its steps."""

    def __init__(self, builder: ir.IRBuilder, act: Callable[[ir.Value], Any], every: ir.Value, times: ir.Value) -> None:
        self.builder, self.act, self.every, self.times = builder, act, every, times
        self.next = cgutils.alloca_once(builder, _I64)
        builder.store(_I64(0), self.next)

    def run(self, steps: ir.Value, run: Callable[[ir.Value, ir.Value], None]) -> None:
        """Make the steps of a part by `run`, which makes those from one number to another."""
        builder, done = self.builder, self.builder.load(self.next)
        some = _least(builder, builder.sdiv(steps, self.every), builder.sub(self.times, done))
        with cgutils.for_range(builder, some, intp=_I64) as loop:
            begin = builder.mul(loop.index, self.every)
            run(begin, builder.add(begin, self.every))
            self.act(builder.add(done, loop.index))
        builder.store(builder.add(done, some), self.next)
        run(builder.mul(some, self.every), steps)

    def end(self) -> None:
        """What is left where the product has fewer steps."""
        with cgutils.for_range(self.builder, self.times, start=self.builder.load(self.next), intp=_I64) as loop:
            self.act(loop.index)


class _Tile:
    """The instructions of one tile."""

    def __init__(
        self, builder: ir.IRBuilder, vector: ir.VectorType, shape: tuple[int, int, int, int], c: ir.Value, c_row: ir.Value
    ) -> None:
        self.builder, self.vector = builder, vector
        self.rows, self.vectors, self.beside, self.lead = range(shape[0]), range(shape[1]), *shape[2:]
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

    def lefts(self, a: ir.Value, a_row: ir.Value) -> list[ir.Value]:
        """Where the left operand begins: once, or for each row where rows do not lie side by side."""
        return [a] if self.beside else self._row_pointers(a, a_row)

    def run(self, a: list[ir.Value], b: ir.Value, a_row: ir.Value, b_row: ir.Value, begin: ir.Value, end: ir.Value) -> None:
        """The steps from one to before another."""
        builder = self.builder
        with cgutils.for_range(builder, end, start=begin, intp=_I64) as loop:
            row = builder.gep(b, [builder.mul(loop.index, b_row)])
            right = [builder.load(self._vector_place(row, v), align=self.size) for v in self.vectors]
            column = builder.gep(a[0], [builder.mul(loop.index, a_row)])
            if self.lead:
                self._ask(a[0], a_row, loop.index)
            for i in self.rows:
                left = builder.gep(column, [_I64(i)]) if self.beside else builder.gep(a[i], [loop.index])
                factor = splat_value(builder, builder.load(left), self.vector)
                for v in self.vectors:
                    total = builder.call(self._fma, [factor, right[v], builder.load(self.sums[i, v])])
                    builder.store(total, self.sums[i, v])

    def _ask(self, a: ir.Value, a_row: ir.Value, step: ir.Value) -> None:
        """Ask for what a step to come needs of the left operand: its row, or a number of one of the rows, which take turns."""
        builder, ahead = self.builder, self.builder.add(step, _I64(self.lead))
        row = ahead if self.beside else builder.urem(step, _I64(len(self.rows)))
        at = builder.mul(row, a_row) if self.beside else builder.add(builder.mul(row, a_row), ahead)
        emit_prefetch(builder, builder.bitcast(builder.gep(a, [at]), ir.IntType(8).as_pointer()), 1)

    def end(self) -> None:
        for key, place in self.places.items():
            self.builder.store(self.builder.load(self.sums[key]), place, align=self.size)
