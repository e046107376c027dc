"""How a batch is cut: vectors of rows, panels of vectors, shards of panels.

None of this depends on the number of threads but the width of a panel, which changes no bit: an element of a product is one chain of
multiply-adds wherever it is computed.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from fastbp.compiling.jit import operation, scalar
from fastbp.kernels.lanes import sizes
from fastbp.kernels.lanes.sizes import BYTES, MEETING

shards_of = scalar(sizes.shards_of)
busiest = scalar(sizes.busiest)
panels_cost = scalar(sizes.panels_cost)
depth_of = scalar(sizes.depth_of)
strip_of = scalar(sizes.strip_of)
shares_inputs = scalar(sizes.shares_inputs)
piece_of = scalar(sizes.piece_of)


@operation(lambda array: BYTES // array.itemsize)
def lanes_of(typingctx: Any, array: Any) -> Any:
    """Elements of the array in a vector, a constant to the compiler."""
    lanes = BYTES * 8 // array.dtype.bitwidth

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return ir.IntType(64)(lanes)

    return types.int64(array), emit


@scalar
def vectors_of(rows: int, lanes: int) -> int:
    """Vectors that hold so many rows."""
    return (rows + lanes - 1) // lanes


@scalar
def row_length(units: int, lanes: int) -> int:
    """Elements from a row of so many units to the next one, where rows lie in one piece."""
    return vectors_of(units, lanes) * lanes


@scalar
def panels_of(rows: int, width: int, lanes: int) -> int:
    """Panels of `width` vectors that hold so many rows."""
    return (vectors_of(rows, lanes) + width - 1) // width


@scalar
def shares_units(vectors: int, width: int, tasks: int, units: int, cost: int) -> bool:
    """Whether tasks do better to share the units of each layer, of which the widest has so many vectors, than the panels.

    These cost so many percent of an even share.
    """
    return cost * busiest(vectors, width, tasks) * units > MEETING * busiest(units, 1, tasks) * vectors
