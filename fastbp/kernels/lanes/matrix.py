"""How the operands of a product are given: where they lie, how deep it is, what its sums begin with."""

from __future__ import annotations

from typing import Any, NamedTuple

#: Where the sums of a product begin, in place of a place in an array: at what C holds, at zero.
FROM_C, FROM_ZERO = -2, -1


class Matrix(NamedTuple):
    """A matrix inside a flat array: row i begins at ``array[at + i * row]``, its elements one behind the other."""

    array: Any
    at: int
    row: int


class Depth(NamedTuple):
    """How many steps a product adds up: `total`, in parts of `part` steps each, the last one of what is left.

    From part to part it is `jump` elements in A; in B they follow each other.
    """

    total: int
    part: int
    jump: int


class Start(NamedTuple):
    """What the sums of a product begin with: FROM_C, FROM_ZERO, or the numbers from ``array[at]`` on, one a row of C."""

    array: Any
    at: int


class Product(NamedTuple):
    """``C = start + A B`` with what it begins with, and how deep it is; the rows of A contiguous, its depth in parts."""

    c: Matrix
    a: Matrix
    b: Matrix
    depth: Depth
    start: Start


class Ahead(NamedTuple):
    """What is asked for while a product is computed: a block of a matrix, which lies as in `Matrix`."""

    array: Any
    at: int
    row: int
    rows: int
    columns: int


class Then(NamedTuple):
    """What a product asks for while it is computed, since it is needed next: where the next C lies, and a block of what is ahead."""

    c_at: int
    ahead: Ahead
