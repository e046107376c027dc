"""Where the operands of a product lie."""

from __future__ import annotations

from typing import Any, NamedTuple


class Matrix(NamedTuple):
    """A matrix inside a flat array: row i begins at ``array[at + i * row]``, its elements one behind the other."""

    array: Any
    at: int
    row: int
