"""What tells an array from others: a digest of its numbers, or, where they are very many, of blocks of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from fastbp._typing import Array
from fastbp.compiling.loading import imported

# Arrays up to this are read as a whole, some milliseconds; of larger ones so many blocks are.
_WHOLE = 64 << 20
_BLOCKS = 64
# Bytes of a block, and of a copy where the rows do not lie one after the other.
_BLOCK = 1 << 20

#: What was read of an array.
ALL, SAMPLE = "all", f"{_BLOCKS} blocks of rows"


def digest_of(array: Array) -> tuple[str, str]:
    """A digest of an array (rows, columns) in hexadecimal, and what of it was read: `ALL` or `SAMPLE`."""
    if array.nbytes <= _WHOLE and array.flags.c_contiguous:
        return f"{_kernel()(array):016x}", ALL
    return digest_of_rows(len(array), array[:1].nbytes, lambda begin, end: array[begin:end])


def digest_of_rows(count: int, width: int, read: Callable[[int, int], Array]) -> tuple[str, str]:
    """The same of an array of so many rows of `width` bytes, of which `read` gives those from one to another."""
    whole = count * width <= _WHOLE
    # Whole 64-bit words, whatever the type.
    rows = -(-_BLOCK // (8 * width)) * 8
    total, words = 0, 0
    for begin in _begins(count, rows, whole):
        block = np.ascontiguousarray(read(begin, min(count, begin + rows)))
        total, words = total + _kernel()(block, words), words + block.nbytes // 8
    return f"{total % 2**64:016x}", ALL if whole else SAMPLE


def _begins(n_rows: int, rows: int, whole: bool) -> Iterator[int]:
    if whole:
        return iter(range(0, n_rows, rows))
    return map(int, np.linspace(0, max(0, n_rows - rows), _BLOCKS))


@imported
def _kernel() -> Callable[..., int]:
    """The compiled loop."""
    from fastbp.kernels.digest import digest

    return digest
