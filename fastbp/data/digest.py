"""What tells an array from others: a digest of its numbers, or, where they are very many, of blocks of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

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


class Block(NamedTuple):
    """Some rows of an array, and how many 64-bit words of those that are read come before them."""

    begin: int
    end: int
    words: int


def digest_of(array: Array) -> tuple[str, str]:
    """A digest of an array (rows, columns) in hexadecimal, and what of it was read: `ALL` or `SAMPLE`."""
    if array.nbytes <= _WHOLE and array.flags.c_contiguous:
        return digest_from(digest_of_whole(array), array.nbytes)
    blocks = blocks_of(len(array), array[:1].nbytes)
    return digest_from(sum(part_of_digest(array[block.begin : block.end], block) for block in blocks), array.nbytes)


def digest_of_whole(array: Array, address: int | None = None) -> int:
    """The digest of all of an array that lies in one piece, at an address that may be known, as a number."""
    return _kernel()(array, address=address)


def blocks_of(count: int, width: int) -> Iterator[Block]:
    """What is read of so many rows of `width` bytes, block by block."""
    # Whole 64-bit words, whatever the type.
    rows, words = -(-_BLOCK // (8 * width)) * 8, 0
    for begin in _begins(count, rows, count * width <= _WHOLE):
        end = min(count, begin + rows)
        yield Block(begin, end, words)
        words += (end - begin) * width // 8


def part_of_digest(rows: Array, block: Block) -> int:
    """What a block adds to the digest; whoever has its rows can tell."""
    return _kernel()(np.ascontiguousarray(rows), block.words)


def digest_from(total: int, size: int) -> tuple[str, str]:
    """The digest of an array of so many bytes, from the sum over its blocks."""
    return f"{total % 2**64:016x}", ALL if size <= _WHOLE else SAMPLE


def _begins(n_rows: int, rows: int, whole: bool) -> Iterator[int]:
    if whole:
        return iter(range(0, n_rows, rows))
    return map(int, np.linspace(0, max(0, n_rows - rows), _BLOCKS))


@imported
def _kernel() -> Callable[..., int]:
    """The compiled loop."""
    from fastbp.kernels.digest import digest

    return digest
