"""A number that changes with what lies in memory, found about as fast as memory is read. It detects accidents, not forgery."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array
from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels.address import address_of
from fastbp.kernels.lanes.buffer import numbers_at

# 2**64 divided by the golden ratio: the keys of neighbouring words differ in about half of their bits.
_KEY = np.uint64(0x9E3779B97F4A7C15)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def digest(array: Array, begin: int = 0) -> int:
    """The sum, modulo 2**64, of ``x + low(m) * high(m)`` over the 64-bit words x of a C-contiguous array, with ``m = x ^ (i + 1) * key``.

    The first word has index i = `begin`; of an array that is cut into pieces of whole words, the digests of the pieces add up to its own.
    A rest of less than a word is filled up with zeros.

    The halves of m, multiplied with each other, are the mixing step of XXH3 (Y. Collet, 2019).
    """
    words, rest = divmod(array.nbytes, 8)
    total = _by_numpy(_bytes(array)[: 8 * words], begin) if DISABLED else int(_digest(address_of(array), words, begin))
    if rest:
        last = np.zeros(8, np.uint8)
        last[:rest] = _bytes(array)[8 * words :]
        total += _by_numpy(last, begin + words)
    return total % 2**64


def _bytes(array: Array) -> Array:
    return array.reshape(-1).view(np.uint8)


def _by_numpy(given: Array, begin: int) -> int:
    words = given.view(np.uint64)
    mixed = words ^ np.arange(begin + 1, begin + 1 + words.size, dtype=np.uint64) * _KEY
    return int((words + (mixed & _LOW) * (mixed >> _HALF)).sum(dtype=np.uint64))


@program
def _digest(address: int, size: int, begin: int) -> np.uint64:
    words = numbers_at(address, _KEY)
    total, key = np.uint64(0), np.uint64(begin) * _KEY
    for i in range(size):
        word = words[np.uint64(i)]
        # Multiples of the key by adding: vectors of 64-bit numbers are multiplied by three products and more.
        key += _KEY
        mixed = word ^ key
        total += word + (mixed & _LOW) * (mixed >> _HALF)
    return total
