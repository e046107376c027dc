"""A column of register tiles: a product of one panel, whatever its number of rows, by the largest tiles that fit.

Scope: which tile comes when, and what is asked for meanwhile. The tile itself is in ``tile.py``.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import inlined, scalar
from fastbp.kernels.lanes.matrix import Ahead, Depth, Matrix, Start, Then
from fastbp.kernels.lanes.memory import prefetch, prefetch_first
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import ROW, TILE_ROWS, WIDTH
from fastbp.kernels.lanes.tile import multiply, multiply_while

#: Rows of the tiles for what larger ones leave.
MIDDLE = 4
# So many sums keep two multiply-add units busy, each of which takes four cycles for one.
_SUMS = 8


@scalar
def tile_rows(vectors: int) -> int:
    """Rows of the largest tile of so many vectors."""
    if WIDTH >= 3 and vectors == 3:
        return TILE_ROWS[min(3, WIDTH) - 1]
    return TILE_ROWS[min(2, WIDTH) - 1] if WIDTH >= 2 and vectors == 2 else TILE_ROWS[0]


@scalar
def beyond(ahead: Ahead, tiles: int) -> Ahead:
    """What is left when so many tiles have asked for a column of cache lines each."""
    done = tiles * lanes_of(ahead.array)
    left = ahead.columns - done
    return Ahead(ahead.array, ahead.at + done, ahead.row, ahead.rows if left > 0 else 0, left)


@inlined
def _ask(ahead: Ahead, step: int) -> None:
    prefetch(ahead.array, ahead.at + step * ahead.row)


_multiply_asking = multiply_while(_ask)


def _heights(vectors: int) -> tuple[int, int, int, int, int]:
    """Rows of the largest and of two smaller tiles; and from how many to before how many rows two of the smallest are better.

    They take what the largest tile would leave to single rows, whose sums wait for each other.
    """
    most = TILE_ROWS[min(vectors, WIDTH) - 1]
    middle = min(MIDDLE, most)
    more = _SUMS if vectors == 1 and most > 2 * _SUMS else middle
    return (most, more, middle, 2 * middle, most + middle) if most < 2 * middle else (most, more, middle, 0, 0)


@inlined
def below(matrix: Matrix, row: int) -> Matrix:
    """The matrix without its first rows."""
    return Matrix(matrix.array, matrix.at + row * matrix.row, matrix.row)


@inlined
def _start(start: Start, row: int) -> Start:
    return Start(start.array, start.at + row if start.at >= 0 else start.at)


def _rest(vectors: int, beside: int) -> Any:
    """The loop over the rows of C that the largest tiles leave. A tile's shape is a literal: each is compiled for itself."""
    _, more, middle, _, _ = _heights(vectors)

    @scalar
    def rest(c: Matrix, a: Matrix, b: Matrix, done: int, rows: int, depth: Depth, start: Start) -> None:
        i = done
        while i < rows:
            a_i = Matrix(a.array, a.at + i if beside else a.at + i * a.row, a.row)
            if rows - i >= more > middle:
                multiply(below(c, i), a_i, b, depth, _start(start, i), more, vectors, beside, 0)
                i += more
            elif rows - i >= middle:
                multiply(below(c, i), a_i, b, depth, _start(start, i), middle, vectors, beside, 0)
                i += middle
            else:
                multiply(below(c, i), a_i, b, depth, _start(start, i), 1, vectors, beside, 0)
                i += 1

    return rest


def _asking_for_tile(rows: int, vectors: int) -> Any:
    """What asks for a tile of C, which is needed next."""

    @inlined
    def ask(c: Matrix, at: int) -> None:
        for r in range(rows):
            for v in range(vectors):
                prefetch_first(c.array, at + r * c.row + v * lanes_of(c.array))

    return ask


def _column(vectors: int, asking: int) -> Any:
    """The loop over all rows of C, those of A contiguous; with 1 for `asking` these come from far, and the next tile of C is asked for."""
    most, _, _, two, before = _heights(vectors)
    rest, ask = _rest(vectors, 0), _asking_for_tile(most, vectors)

    @scalar
    def column(c: Matrix, a: Matrix, b: Matrix, rows: int, depth: Depth, start: Start, next_at: int) -> None:
        i = 0
        while rows - i >= most and not two <= rows - i < before:
            if asking:
                ask(c, c.at + (i + most) * c.row if rows - i >= 2 * most else next_at)
            multiply(below(c, i), below(a, i), b, depth, _start(start, i), most, vectors, 0, asking)
            i += most
        rest(c, a, b, i, rows, depth, start)

    return column


def _asking(vectors: int) -> Any:
    """The same with A turned. The largest tiles ask for what is needed next: a tile of C at once, a column of lines of what is ahead."""
    most, _, _, two, before = _heights(vectors)
    rest, ask = _rest(vectors, 1), _asking_for_tile(most, vectors)

    @scalar
    def column(c: Matrix, a: Matrix, b: Matrix, rows: int, depth: Depth, start: Start, then: Then) -> None:
        i, ahead = 0, then.ahead
        while rows - i >= most and not two <= rows - i < before:
            ask(c, c.at + (i + most) * c.row if rows - i >= 2 * most else then.c_at)
            a_i = Matrix(a.array, a.at + i, a.row)
            if ahead.rows > 0:
                _multiply_asking(below(c, i), a_i, b, depth, _start(start, i), most, vectors, 1, 1, ahead, 1, ahead.rows)
                ahead = beyond(ahead, 1)
            else:
                multiply(below(c, i), a_i, b, depth, _start(start, i), most, vectors, 1, 1)
            i += most
        rest(c, a, b, i, rows, depth, start)

    return column


def _row(vectors: int) -> Any:
    """A product of one row of C, of up to so many vectors: one tile, whose shape is a literal."""

    @scalar
    def tile(c: Matrix, a: Matrix, b: Matrix, width: int, depth: Depth, start: Start) -> None:
        multiply(c, a, b, depth, start, 1, vectors, 0, 0)

    if vectors == 1:
        return tile
    narrower = _row(vectors - 1)

    @scalar
    def row(c: Matrix, a: Matrix, b: Matrix, width: int, depth: Depth, start: Start) -> None:
        if width == vectors:
            tile(c, a, b, width, depth, start)
        else:
            narrower(c, a, b, width, depth, start)

    return row


def _by_vectors(columns: list[Any]) -> Any:
    """The column for a number of vectors, of those for one, two and three."""
    one, two, three = columns

    @scalar
    def column(c: Matrix, a: Matrix, b: Matrix, rows: int, vectors: int, depth: Depth, start: Start, following: Any) -> None:
        if WIDTH >= 3 and vectors == 3:
            three(c, a, b, rows, depth, start, following)
        elif WIDTH >= 2 and vectors == 2:
            two(c, a, b, rows, depth, start, following)
        else:
            one(c, a, b, rows, depth, start, following)

    return column


apart, in_place = (_by_vectors([_column(vectors, asking) for vectors in (1, 2, 3)]) for asking in (0, 1))
beside = _by_vectors([_asking(vectors) for vectors in (1, 2, 3)])
row = _row(ROW)
