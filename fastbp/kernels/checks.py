"""Numbers that lie outside a range, found in one pass over an array: NumPy takes two, and several microseconds for a single number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels.address import address_of
from fastbp.kernels.lanes.buffer import numbers_at

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


@program
def _all_within(address: int, size: int, low: Any, high: Any) -> bool:
    values = numbers_at(address, low)
    for begin in range(0, size, _BLOCK):
        outside = False
        for i in range(begin, min(size, begin + _BLOCK)):
            value = values[np.uint64(i)]
            outside |= not (low <= value <= high)
        if outside:
            return False
    return True
