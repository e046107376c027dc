"""The matrix product that forward, delta and gradient share, as explicit loops, and how work is cut into shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._jit import scalar
from fastbp.kernels.elementary import fma

# A block of B, DEPTH rows of COLUMNS floats, stays in the second-level cache while every row of C passes over it.
_DEPTH = 256
_COLUMNS = 512
# Shares of rows begin at multiples of the register block.
GRAIN = 4


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
    for j in range(0, columns, _COLUMNS):
        width = min(_COLUMNS, columns - j)
        for k in range(0, depth, _DEPTH):
            length = min(_DEPTH, depth - k)
            a_block, b_block = a0 + k * a_depth, b0 + k * b_row + j
            for i in range(0, rows - 3, 4):
                _four_rows(c, c0 + i * c_row + j, c_row, a, a_block + i * a_row, a_row, a_depth, b, b_block, b_row, length, width)
            for i in range(rows - rows % 4, rows):
                _one_row(c, c0 + i * c_row + j, a, a_block + i * a_row, a_depth, b, b_block, b_row, length, width)


@scalar
def _four_rows(
    c: Any, c0: int, c_row: int, a: Any, a0: int, a_row: int, a_depth: int, b: Any, b0: int, b_row: int, depth: int, columns: int
) -> None:
    c1, c2, c3 = c0 + c_row, c0 + 2 * c_row, c0 + 3 * c_row
    for k in range(0, depth - 3, 4):
        p, q, r, s = a0 + k * a_depth, a0 + (k + 1) * a_depth, a0 + (k + 2) * a_depth, a0 + (k + 3) * a_depth
        a00, a01, a02, a03 = a[p], a[q], a[r], a[s]
        a10, a11, a12, a13 = a[p + a_row], a[q + a_row], a[r + a_row], a[s + a_row]
        a20, a21, a22, a23 = a[p + 2 * a_row], a[q + 2 * a_row], a[r + 2 * a_row], a[s + 2 * a_row]
        a30, a31, a32, a33 = a[p + 3 * a_row], a[q + 3 * a_row], a[r + 3 * a_row], a[s + 3 * a_row]
        b1 = b0 + k * b_row
        for j in range(columns):
            w0, w1 = b[np.uint64(b1 + j)], b[np.uint64(b1 + b_row + j)]
            w2, w3 = b[np.uint64(b1 + 2 * b_row + j)], b[np.uint64(b1 + 3 * b_row + j)]
            c[np.uint64(c0 + j)] = fma(a03, w3, fma(a02, w2, fma(a01, w1, fma(a00, w0, c[np.uint64(c0 + j)]))))
            c[np.uint64(c1 + j)] = fma(a13, w3, fma(a12, w2, fma(a11, w1, fma(a10, w0, c[np.uint64(c1 + j)]))))
            c[np.uint64(c2 + j)] = fma(a23, w3, fma(a22, w2, fma(a21, w1, fma(a20, w0, c[np.uint64(c2 + j)]))))
            c[np.uint64(c3 + j)] = fma(a33, w3, fma(a32, w2, fma(a31, w1, fma(a30, w0, c[np.uint64(c3 + j)]))))
    done = depth - depth % 4
    for i in range(4):
        _one_row(c, c0 + i * c_row, a, a0 + i * a_row + done * a_depth, a_depth, b, b0 + done * b_row, b_row, depth - done, columns)


@scalar
def _one_row(c: Any, c0: int, a: Any, a0: int, a_depth: int, b: Any, b0: int, b_row: int, depth: int, columns: int) -> None:
    for k in range(depth):
        ak, b1 = a[a0 + k * a_depth], b0 + k * b_row
        for j in range(columns):
            c[np.uint64(c0 + j)] = fma(ak, b[np.uint64(b1 + j)], c[np.uint64(c0 + j)])
