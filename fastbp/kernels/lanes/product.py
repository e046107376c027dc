"""The matrix product of forward and delta over panels of the batch, as explicit loops over register tiles.

A panel holds a few vectors of rows of the batch, unit by unit: ``[unit][row]``. So the lanes of a vector are rows of the batch, full
whatever the width of a layer, and a weight is one number that a whole panel is multiplied with.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.lanes.isa import TILES, host
from fastbp.kernels.lanes.matrix import Depth, Matrix, Start
from fastbp.kernels.lanes.memory import load_first, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import WIDTH
from fastbp.kernels.lanes.tile import multiply
from fastbp.kernels.lanes.transpose import transpose_block

#: So many panels pay for copying a block of weights, whose numbers then lie side by side.
PANELS_TO_PACK = 3
_TILES = TILES[host()]
# Rows of the tiles for what the largest leave.
_MIDDLE = 4


def _column(vectors: int, beside: int) -> Any:
    """The loop over all rows of C by the largest tiles that fit. A tile's shape is a literal: each is compiled for itself."""
    most = _TILES[min(vectors, WIDTH) - 1]
    middle = min(_MIDDLE, most)
    # What the largest tile would leave to single rows, whose sums wait for each other, two of the middle ones take.
    two, more = (2 * middle, most + middle) if most < 2 * middle else (0, 0)

    @scalar
    def column(c: Matrix, a: Matrix, b: Matrix, rows: int, depth: Depth, start: Start) -> None:
        i = 0
        while i < rows:
            c_i = Matrix(c.array, c.at + i * c.row, c.row)
            a_i = Matrix(a.array, a.at + i if beside else a.at + i * a.row, a.row)
            start_i = Start(start.array, start.at + i if start.at >= 0 else start.at)
            if rows - i >= most and not two <= rows - i < more:
                multiply(c_i, a_i, b, depth, start_i, most, vectors, beside)
                i += most
            elif rows - i >= middle:
                multiply(c_i, a_i, b, depth, start_i, middle, vectors, beside)
                i += middle
            else:
                multiply(c_i, a_i, b, depth, start_i, 1, vectors, beside)
                i += 1

    return column


@scalar
def rows_of_tiles(rows: int) -> int:
    """A few rows and as many more, which will hold nothing of meaning, as make them fill tiles."""
    return rows if rows == 1 else (rows + _MIDDLE - 1) // _MIDDLE * _MIDDLE


@scalar
def tile_rows(vectors: int) -> int:
    """Rows of the largest tile of so many vectors."""
    if WIDTH >= 3 and vectors == 3:
        return _TILES[min(3, WIDTH) - 1]
    return _TILES[min(2, WIDTH) - 1] if WIDTH >= 2 and vectors == 2 else _TILES[0]


_beside_1, _beside_2, _beside_3 = _column(1, 1), _column(2, 1), _column(3, 1)
_apart_1, _apart_2, _apart_3 = _column(1, 0), _column(2, 0), _column(3, 0)


@scalar
def multiply_beside(c: Matrix, a: Matrix, b: Matrix, rows: int, vectors: int, depth: int, start: Start) -> None:
    """``C[i, j] = start + sum_k A[i, k] B[k, j]`` for `rows` rows and `vectors` vectors of columns.

    `a` is A turned, its rows side by side: A[i, k] lies at ``a.at + k * a.row + i``.
    """
    whole = Depth(depth, depth, 0)
    if WIDTH >= 3 and vectors == 3:
        _beside_3(c, a, b, rows, whole, start)
    elif WIDTH >= 2 and vectors == 2:
        _beside_2(c, a, b, rows, whole, start)
    else:
        _beside_1(c, a, b, rows, whole, start)


@scalar
def multiply_apart(c: Matrix, a: Matrix, b: Matrix, rows: int, vectors: int, depth: Depth, start: Start) -> None:
    """The same with the rows of A contiguous, the depth in parts: A[i, part * p + k] lies at ``a.at + i * a.row + p * jump + k``."""
    if WIDTH >= 3 and vectors == 3:
        _apart_3(c, a, b, rows, depth, start)
    elif WIDTH >= 2 and vectors == 2:
        _apart_2(c, a, b, rows, depth, start)
    else:
        _apart_1(c, a, b, rows, depth, start)


@scalar
def pack_beside(out: Matrix, a: Matrix, rows: int, depth: int) -> None:
    """``out[k, i] = a[k, i]``: copy a block of A turned to where its rows follow each other closely."""
    lanes = lanes_of(out.array)
    for k in range(depth):
        for i in range(0, rows, lanes):
            store(out.array, out.at + k * out.row + i, load_first(a.array, a.at + k * a.row + i, rows - i))


@scalar
def pack_apart(out: Matrix, a: Matrix, rows: int, depth: int) -> None:
    """``out[k, i] = a[i, k]``: turn a block of A on the way to where `pack_beside` puts one."""
    lanes = lanes_of(out.array)
    for k in range(0, depth, lanes):
        for i in range(0, rows - lanes + 1, lanes):
            turned = Matrix(out.array, out.at + k * out.row + i, out.row)
            transpose_block(turned, Matrix(a.array, a.at + i * a.row + k, a.row), lanes)
    for i in range(rows // lanes * lanes, rows):
        for k in range(depth):
            out.array[out.at + k * out.row + i] = a.array[a.at + i * a.row + k]
