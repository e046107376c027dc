"""Numbers that lie outside a range, found in one pass over an array: NumPy takes two, and several microseconds for a single number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from fastbp._typing import Array
from fastbp.compiling.jit import DISABLED, operation, program
from fastbp.kernels.address import address_of
from fastbp.kernels.lanes.buffer import Buffer

# Elements between which the search may end.
_BLOCK = 4096


def all_within(array: Array, low: Any, high: Any) -> bool:
    """Whether every number of a C-contiguous array lies between two of its own type, both included; NaN does not."""
    if DISABLED:
        return bool(((array >= low) & (array <= high)).all())
    return bool(_all_within(address_of(array), array.size, low, high))


def first_within(array: Array, low: Any, high: Any) -> Callable[[int], bool]:
    """The same of so many of the first numbers of an array, asked again and again while it lives."""
    flat, address = array.reshape(-1), address_of(array)
    if DISABLED:
        return lambda count: all_within(flat[:count], low, high)
    return lambda count: _all_within(address, count, low, high)


@operation(lambda address, one: None)
def _at(typingctx: Any, address: Any, one: Any) -> Any:
    """The array of numbers of the type of `one` at an address."""
    kind = Buffer(one)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return builder.inttoptr(arguments[0], context.get_value_type(kind))

    return kind(types.int64, one), emit


@program
def _all_within(address: int, size: int, low: Any, high: Any) -> bool:
    values = _at(address, low)
    for begin in range(0, size, _BLOCK):
        outside = 0
        for i in range(begin, min(size, begin + _BLOCK)):
            value = values[np.uint64(i)]
            outside |= not (low <= value <= high)
        if outside:
            return False
    return True
