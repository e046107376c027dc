"""How a batch is cut: vectors of rows, panels of vectors, shards of panels.

None of this depends on the number of threads but the width of a panel, which changes no bit: an element of a product is one chain of
multiply-adds wherever it is computed.
"""

from __future__ import annotations

from typing import Any

from fastbp._jit import scalar
from fastbp.kernels import sizes

_BYTES = sizes.BYTES

shards_of = scalar(sizes.shards_of)


@scalar
def lanes_of(array: Any) -> int:
    """Elements in a vector."""
    return _BYTES // array.itemsize


@scalar
def vectors_of(rows: int, lanes: int) -> int:
    """Vectors that hold so many rows."""
    return (rows + lanes - 1) // lanes


@scalar
def panels_of(rows: int, width: int, lanes: int) -> int:
    """Panels of `width` vectors that hold so many rows."""
    return (vectors_of(rows, lanes) + width - 1) // width
