"""The matrix product that forward, delta and gradient share, as explicit loops over register tiles, and how work is cut into shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._jit import scalar
from fastbp.kernels.tile import BYTES, DEPTH, ROWS, VECTORS, multiply, scratch

# So many rows of C pay for copying a block of B, whose rows then lie side by side.
_ROWS_TO_PACK = 32
# Shares of rows begin at multiples of the register tile.
GRAIN = ROWS


@scalar
def share(n: int, tasks: int, task: Any, grain: int) -> tuple[int, int]:
    """Begin and end of the part of ``range(n)`` that belongs to `task`; parts begin at multiples of `grain`."""
    blocks = (n + grain - 1) // grain
    return min(n, blocks * task // tasks * grain), min(n, blocks * (task + 1) // tasks * grain)


@scalar
def accumulate(
    c: Any, c0: int, c_row: int, a: Any, a0: int, a_row: int, a_depth: int, b: Any, b0: int, b_row: int, rows: int, depth: int, columns: int
) -> None:
    """C += A B for C (rows, columns), A (rows, depth), B (depth, columns), each inside a flat array.

    Element (i, k) of A lies at ``a0 + i * a_row + k * a_depth``; rows of B and C are contiguous, `b_row` and `c_row` apart. Every element
    of C adds its `depth` terms one after the other, k ascending, each with one rounding, however the loops are blocked.
    """
    lanes = BYTES // c.itemsize
    block = scratch(c)
    for k in range(0, depth, DEPTH):
        length, ak, bk = min(DEPTH, depth - k), a0 + k * a_depth, b0 + k * b_row
        for j in range(0, columns, VECTORS * lanes):
            width = min(VECTORS * lanes, columns - j)
            vectors = (width + lanes - 1) // lanes
            tail = width - (vectors - 1) * lanes
            if rows >= _ROWS_TO_PACK and b_row > VECTORS * lanes:
                _pack(block, VECTORS * lanes, b, bk + j, b_row, length, width)
                _column_block(c, c0 + j, c_row, a, ak, a_row, a_depth, block, 0, VECTORS * lanes, rows, length, vectors, tail)
            else:
                _column_block(c, c0 + j, c_row, a, ak, a_row, a_depth, b, bk + j, b_row, rows, length, vectors, tail)


@scalar
def _pack(block: Any, block_row: int, b: Any, b0: int, b_row: int, depth: int, columns: int) -> None:
    for k in range(depth):
        for j in range(columns):
            block[np.uint64(k * block_row + j)] = b[np.uint64(b0 + k * b_row + j)]


@scalar
def _column_block(
    c: Any, c0: int, c_row: int, a: Any, a0: int, a_row: int, a_depth: int, b: Any, b0: int, b_row: int, rows: int, depth: int,
    vectors: int, tail: int,
) -> None:  # fmt: skip
    """All rows of one block of columns, by the largest tiles that fit. A tile's shape is a literal: each is compiled for itself."""
    i = 0
    while i < rows:
        ci, ai = c0 + i * c_row, a0 + i * a_row
        if rows - i >= 8:
            if vectors == 3:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 8, 3)
            elif vectors == 2:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 8, 2)
            else:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 8, 1)
            i += 8
        elif rows - i >= 4:
            if vectors == 3:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 4, 3)
            elif vectors == 2:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 4, 2)
            else:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 4, 1)
            i += 4
        else:
            if vectors == 3:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 1, 3)
            elif vectors == 2:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 1, 2)
            else:
                multiply(c, ci, c_row, a, ai, a_row, a_depth, b, b0, b_row, depth, tail, 1, 1)
            i += 1
