"""The matrix product of forward and delta over panels of the batch, as explicit loops over register tiles.

A panel holds a few vectors of rows of the batch, unit by unit: ``[unit][row]``. So the lanes of a vector are rows of the batch, full
whatever the width of a layer, and a weight is one number that a whole panel is multiplied with.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.lanes.column import MIDDLE, apart, beside, in_place, row
from fastbp.kernels.lanes.host import pages_collide
from fastbp.kernels.lanes.matrix import Depth, Matrix, Start, Then
from fastbp.kernels.lanes.memory import load_first, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import WIDTH
from fastbp.kernels.lanes.transpose import transpose_block

#: So many panels pay for copying a block of weights whose rows push each other out of the caches.
PANELS_TO_PACK = 3
# Cache lines, and so vectors, in a page of memory; and how many panels pay where rows that lie pages apart only share their sets.
_PAGE_LINES, _PANELS_TO_PACK_PAGES = 64, 8


@scalar
def packs_beside(array: Any, row: int, panels: int) -> bool:
    """Whether a block of A turned is copied for so many panels, where its rows lie so many elements of `array` apart.

    Small tiles, which use a part of each line of a row, always gain from a copy; large ones where rows lie a multiple of a page apart.
    """
    if WIDTH < 3:
        return panels >= PANELS_TO_PACK
    return _lie_pages_apart(array, row) and panels >= (PANELS_TO_PACK if pages_collide(array) else _PANELS_TO_PACK_PAGES)


@scalar
def packs_apart(array: Any, row: int, panels: int) -> bool:
    """The same for a block whose rows are contiguous."""
    if panels < PANELS_TO_PACK or not pages_collide(array):
        return False
    return _lie_pages_apart(array, row)


@scalar
def _lie_pages_apart(array: Any, row: int) -> bool:
    return not row % (_PAGE_LINES * lanes_of(array))


@scalar
def multiply_beside(c: Matrix, a: Matrix, b: Matrix, rows: int, vectors: int, depth: int, start: Start, then: Then) -> None:
    """``C[i, j] = start + sum_k A[i, k] B[k, j]`` for `rows` rows and `vectors` vectors of columns.

    `a` is A turned, its rows side by side: A[i, k] lies at ``a.at + k * a.row + i``. Meanwhile `then` is asked for.
    """
    beside(c, a, b, rows, vectors, Depth(depth, depth, 0), start, then)


@scalar
def multiply_in_place(c: Matrix, a: Matrix, b: Matrix, rows: int, vectors: int, depth: int, start: Start, next_at: int) -> None:
    """The same with the rows of A contiguous: A[i, k] lies at ``a.at + i * a.row + k``. The C at `next_at` is asked for."""
    in_place(c, a, b, rows, vectors, Depth(depth, depth, 0), start, next_at)


@scalar
def multiply_apart(c: Matrix, a: Matrix, b: Matrix, rows: int, vectors: int, depth: Depth, start: Start) -> None:
    """The same with the rows of A contiguous, the depth in parts: A[i, part * p + k] lies at ``a.at + i * a.row + p * jump + k``.

    Nothing is asked for.
    """
    apart(c, a, b, rows, vectors, depth, start, c.at)


@scalar
def multiply_strip(c: Matrix, a: Matrix, b: Matrix, rows: int, vectors: int, depth: int, start: Start) -> None:
    """The same for a few rows and a strip of C. Behind them C has room for as many more, of no meaning, as make them fill tiles."""
    if rows == 1:
        row(c, a, b, vectors, Depth(depth, depth, 0), start)
    else:
        multiply_apart(c, a, b, (rows + MIDDLE - 1) // MIDDLE * MIDDLE, vectors, Depth(depth, depth, 0), start)


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
