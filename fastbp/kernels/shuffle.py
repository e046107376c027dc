"""The order of an epoch: the permutation that NumPy draws, in a fraction of its time.

It is that of ``numpy.random.Generator(Philox).permutation``, number by number, whatever version of NumPy is installed: R. A. Fisher and
F. Yates' shuffle as R. Durstenfeld has it (1964), whose places are 32-bit numbers of Philox 4x64 with ten rounds (J. K. Salmon et al.,
SC 2011), cut to as many bits as the largest place has, and drawn again where they are larger. Places are drawn some time before they are
needed, so that memory can be brought near: over a million rows a shuffle waits for it at each of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from fastbp._random import generator
from fastbp._typing import NDArray
from fastbp.compiling.jit import DISABLED, inlined, operation, program
from fastbp.kernels.address import address_of
from fastbp.kernels.lanes.buffer import numbers_at
from fastbp.kernels.lanes.memory import prefetch

# Random numbers of 64 bits that are made at a time, in blocks of four, and places that are drawn before they are needed.
_WORDS, _AHEAD = 64, 64
_FIRST, _SECOND = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_KEY_FIRST, _KEY_SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ROUNDS, _ONE, _HALF, _LOW = 10, np.uint64(1), np.uint64(32), np.uint64(0xFFFFFFFF)


def permutation(rows: int, seed: int, purpose: int, index: int) -> NDArray[np.int64]:
    """The numbers below `rows` in the order that the stream of that name gives them."""
    if DISABLED or rows > _LOW:
        return generator(seed, purpose, index).permutation(rows)
    order, words, places = np.empty(rows, np.int64), np.empty(_WORDS, np.uint64), np.empty(_AHEAD, np.int64)
    addresses = address_of(order) if rows else 0, address_of(words), address_of(places)
    _permute(*addresses, rows, np.uint64(seed), np.uint64(purpose), np.uint64(index))
    return order


@operation(lambda a, b: (np.uint64(int(a) * int(b) >> 64), np.uint64(int(a) * int(b) & 2**64 - 1)))
def _halves(typingctx: Any, a: Any, b: Any) -> Any:
    """The higher and the lower 64 bits of a product: the processor finds both at once."""
    half, whole = ir.IntType(64), ir.IntType(128)

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        product = builder.mul(*(builder.zext(each, whole) for each in arguments))
        halves = builder.trunc(builder.lshr(product, whole(64)), half), builder.trunc(product, half)
        return context.make_tuple(builder, signature.return_type, halves)

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), emit


@inlined
def _fill(words: Any, blocks: Any, seed: Any, purpose: Any, index: Any) -> None:
    """The numbers that follow those of so many blocks."""
    for at in range(0, _WORDS, 4):
        blocks += _ONE
        a, b, c, d = blocks, np.uint64(0), np.uint64(0), index
        key, other = seed, purpose
        for _ in range(_ROUNDS):
            (high, low), (higher, lower) = _halves(_FIRST, a), _halves(_SECOND, c)
            a, b, c, d = higher ^ b ^ key, lower, high ^ d ^ other, low
            key, other = key + _KEY_FIRST, other + _KEY_SECOND
        words[at], words[at + 1], words[at + 2], words[at + 3] = a, b, c, d


@inlined
def _signed(number: Any) -> Any:
    return np.int64(number)


@program
def _permute(order_at: int, words_at: int, places_at: int, rows: int, seed: Any, purpose: Any, index: Any) -> None:
    order, words, places = numbers_at(order_at, rows), numbers_at(words_at, _ONE), numbers_at(places_at, rows)
    for i in range(rows):
        order[i] = i
    blocks, used, last, mask = np.uint64(0), 2 * _WORDS, rows - 1, _LOW >> _ONE
    while last > 0:
        while _signed(mask >> _ONE) >= last:
            mask >>= _ONE
        # For all of them the mask is the same.
        count, k = min(_AHEAD, last - _signed(mask >> _ONE)), 0
        while k < count:
            if used == 2 * _WORDS:
                _fill(words, blocks, seed, purpose, index)
                blocks, used = blocks + np.uint64(_WORDS // 4), 0
            place = _signed((words[used >> 1] >> np.uint64(32 * (used & 1))) & mask)
            used += 1
            # One beyond the last is overwritten: a branch here would be guessed wrongly in a third of all cases.
            places[k] = place
            prefetch(order, place)
            k += _signed(place <= last - k)
        for k in range(count):
            i, j = last - k, places[k]
            order[i], order[j] = order[j], order[i]
        last -= count
