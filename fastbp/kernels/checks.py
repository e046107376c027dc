"""Numbers that lie outside a range, found in one pass over an array: NumPy takes two, and several microseconds for a single number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.compiling.jit import DISABLED, program, scalar
from fastbp.kernels.address import address_of
from fastbp.kernels.lanes.buffer import numbers_at
from fastbp.kernels.lanes.memory import copy_numbers

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


def copied_within(arrays: Sequence[Array], copies: Sequence[Array], low: Any, high: Any) -> Callable[[bool], bool]:
    """Tells the same of several arrays of one type together, and then, if it is so and asked for, copies each."""
    if DISABLED:
        return lambda copying: _copied_by_numpy(arrays, copies, low, high, copying)
    table = np.array([(address_of(array), array.size, address_of(copy)) for array, copy in zip(arrays, copies, strict=True)], np.int64)
    address, count = address_of(table), len(table)

    # It holds what the addresses lead to.
    def look(copying: bool, _held: Any = (table, *arrays, *copies)) -> bool:
        return bool(_copied_within(address, count, low, high, copying))

    return look


def _copied_by_numpy(arrays: Sequence[Array], copies: Sequence[Array], low: Any, high: Any, copying: bool) -> bool:
    if not all(all_within(array, low, high) for array in arrays):
        return False
    if copying:
        for array, copy in zip(arrays, copies, strict=True):
            copy[...] = array
    return True


@program
def _copied_within(address: int, count: int, low: Any, high: Any, copying: bool) -> bool:
    table = numbers_at(address, address)
    for row in range(0, 3 * count, 3):
        if not _each_within(numbers_at(table[row], low), table[row + 1], low, high):
            return False
    if copying:
        for row in range(0, 3 * count, 3):
            copy_numbers(numbers_at(table[row + 2], low), numbers_at(table[row], low), table[row + 1])
    return True


@program
def _all_within(address: int, size: int, low: Any, high: Any) -> bool:
    return _each_within(numbers_at(address, low), size, low, high)


@scalar
def _each_within(values: Array, size: int, low: Any, high: Any) -> bool:
    for begin in range(0, size, _BLOCK):
        outside = False
        for i in range(begin, min(size, begin + _BLOCK)):
            value = values[np.uint64(i)]
            outside |= not (low <= value <= high)
        if outside:
            return False
    return True
