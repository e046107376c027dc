"""The matrix product of forward and delta over panels of the batch, as explicit loops over register tiles.

A panel holds a few vectors of rows of the batch, unit by unit: ``[unit][row]``. So the lanes of a vector are rows of the batch, full
whatever the width of a layer, and a weight is one number that a whole panel is multiplied with.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.lanes.isa import TILES, host
from fastbp.kernels.lanes.memory import load_first, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import CHUNK, WIDTH
from fastbp.kernels.lanes.tile import multiply
from fastbp.kernels.lanes.transpose import transpose_block

#: So many panels pay for copying a block of weights, whose numbers then lie side by side.
PANELS_TO_PACK = 3
_TILES = TILES[host()].rows
# Rows of the tiles for what the largest leave.
_MIDDLE = 4


def _column(vectors: int, beside: int) -> Any:
    """The loop over all rows of C by the largest tiles that fit. A tile's shape is a literal: each is compiled for itself."""
    most = _TILES[min(vectors, WIDTH) - 1]
    middle = min(_MIDDLE, most)

    @scalar
    def column(
        c: Any, c0: int, c_row: int, a: Any, a0: int, a_step: int, a_jump: int, b: Any, b0: int, b_row: int, rows: int, depth: int,
        total: int, start: Any, start0: int,
    ) -> None:  # fmt: skip
        i = 0
        while i < rows:
            ci, si = c0 + i * c_row, start0 + i if start0 >= 0 else start0
            ai = a0 + i if beside else a0 + i * a_step
            if rows - i >= most:
                multiply(c, ci, c_row, a, ai, a_step, a_jump, b, b0, b_row, depth, total, start, si, most, vectors, beside)
                i += most
            elif rows - i >= middle:
                multiply(c, ci, c_row, a, ai, a_step, a_jump, b, b0, b_row, depth, total, start, si, middle, vectors, beside)
                i += middle
            else:
                multiply(c, ci, c_row, a, ai, a_step, a_jump, b, b0, b_row, depth, total, start, si, 1, vectors, beside)
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
def multiply_beside(
    c: Any, c0: int, c_row: int, a: Any, a0: int, a_depth: int, b: Any, b0: int, b_row: int, rows: int, depth: int, vectors: int,
    start: Any, start0: int,
) -> None:  # fmt: skip
    """C = start + A B for `rows` rows and `vectors` vectors of columns, the rows of A side by side.

    Element (i, k) of A lies at ``a0 + i + k * a_depth``; rows of B and C are contiguous, `b_row` and `c_row` apart; `start` and `start0`
    are those of the tile.
    """
    if WIDTH >= 3 and vectors == 3:
        _beside_3(c, c0, c_row, a, a0, a_depth, 0, b, b0, b_row, rows, depth, depth, start, start0)
    elif WIDTH >= 2 and vectors == 2:
        _beside_2(c, c0, c_row, a, a0, a_depth, 0, b, b0, b_row, rows, depth, depth, start, start0)
    else:
        _beside_1(c, c0, c_row, a, a0, a_depth, 0, b, b0, b_row, rows, depth, depth, start, start0)


@scalar
def multiply_apart(
    c: Any, c0: int, c_row: int, a: Any, a0: int, a_row: int, a_jump: int, b: Any, b0: int, b_row: int, rows: int, depth: int, total: int,
    vectors: int, start: Any, start0: int,
) -> None:  # fmt: skip
    """The same with the rows of A contiguous, the `total` depth in parts of `depth` each, the last of what is left.

    Element (i, j * depth + k) of A lies at ``a0 + i * a_row + j * a_jump + k``.
    """
    if WIDTH >= 3 and vectors == 3:
        _apart_3(c, c0, c_row, a, a0, a_row, a_jump, b, b0, b_row, rows, depth, total, start, start0)
    elif WIDTH >= 2 and vectors == 2:
        _apart_2(c, c0, c_row, a, a0, a_row, a_jump, b, b0, b_row, rows, depth, total, start, start0)
    else:
        _apart_1(c, c0, c_row, a, a0, a_row, a_jump, b, b0, b_row, rows, depth, total, start, start0)


@scalar
def pack_beside(out: Any, out0: int, a: Any, a0: int, a_depth: int, rows: int, depth: int) -> None:
    """Copy a block of A whose rows lie side by side: element (i, k) to ``out0 + k * CHUNK + i``."""
    lanes = lanes_of(out)
    for k in range(depth):
        for i in range(0, rows, lanes):
            store(out, out0 + k * CHUNK + i, load_first(a, a0 + k * a_depth + i, rows - i))


@scalar
def pack_apart(out: Any, out0: int, a: Any, a0: int, a_row: int, rows: int, depth: int) -> None:
    """Copy a block of A whose rows are contiguous to where `pack_beside` puts one, turned."""
    lanes = lanes_of(out)
    for k in range(0, depth, lanes):
        for i in range(0, rows - lanes + 1, lanes):
            transpose_block(out, out0 + k * CHUNK + i, CHUNK, a, a0 + i * a_row + k, a_row, lanes)
    for i in range(rows // lanes * lanes, rows):
        for k in range(depth):
            out[out0 + k * CHUNK + i] = a[a0 + i * a_row + k]
