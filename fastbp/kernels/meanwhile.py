"""Adam's update of one tile of gradients, done between the multiply-adds of the next tile.

A root and a division take up to twenty cycles of a unit of their own, and longer until the result is there. The multiply-adds behind
them in the program go on meanwhile, but only about eighty cycles' worth, as the results of all wait in registers. So a vector is updated
in three pieces, a few steps of the product apart, of which each takes less. Parameters and slots of the next tile are asked for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastbp.compiling.jit import inlined, scalar
from fastbp.kernels.arguments import Network, Rule
from fastbp.kernels.codes import ADAM
from fastbp.kernels.lanes.column import below
from fastbp.kernels.lanes.matrix import Depth, Matrix, Product
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.product import multiply_apart
from fastbp.kernels.lanes.sizes import TILE_ROWS, WIDTH
from fastbp.kernels.lanes.tile import multiply_while
from fastbp.kernels.lanes.vector import sqrt
from fastbp.kernels.portions import Batch, Block
from fastbp.kernels.update import adam_divisor, adam_means, adam_moved, prefetch_block, prefetch_line

# Rows and vectors of the largest tile.
_ROWS, _VECTORS = TILE_ROWS[-1], WIDTH * TILE_ROWS[-1]
# Parameters and slots of fewer elements than the first number are updated faster all at once, a patch at a time; and of fewer than the
# second where the product has fewer steps.
_LEAST, _LEAST_OF_FEW, _FEW_STEPS = 3 << 19, 1 << 22, 96


class Pending(NamedTuple):
    """A tile whose gradients, the sums, wait for their update."""

    parameters: Any
    slots: Any
    size: int
    rates: Any
    at: int  # where its parameters begin, and those of the next tile
    next_at: int
    row: int
    sums: Matrix


@scalar
def suits(network: Network, rule: Rule, block: Block, depth: Depth) -> bool:
    """Whether `update_meanwhile` is faster than an update after the product."""
    if WIDTH < 3 or rule.code != ADAM:
        return False
    whole = block.columns == WIDTH * lanes_of(network.parameters) and block.rows >= 2 * _ROWS
    elements = network.size * (1 + rule.n_slots)
    return whole and elements > (_LEAST if depth.total >= _FEW_STEPS else _LEAST_OF_FEW)


@scalar
def update_meanwhile(network: Network, rule: Rule, batch: Batch, block: Block, product: Product) -> int:
    """All tiles of a product, and the update of a block of parameters by all of them but the last whole one and what follows it.

    Returns how many rows are updated.
    """
    c, a, depth = product.c, product.a, product.depth
    rates, every = rule.rates[rule.first + batch.step], max(1, depth.total // (_VECTORS + 2))
    prefetch_block(network, rule, Block(block.at, block.row, _ROWS, block.columns))
    multiply_apart(c, a, product.b, _ROWS, WIDTH, depth, product.start)
    done = 0
    for i in range(_ROWS, block.rows - _ROWS + 1, _ROWS):
        at, next_at = block.at + done * block.row, block.at + i * block.row
        pending = Pending(network.parameters, rule.slots, network.size, rates, at, next_at, block.row, below(c, done))
        _multiply(below(c, i), below(a, i), product.b, depth, product.start, _ROWS, WIDTH, 0, 0, pending, every, _VECTORS + 2)
        done = i
    i = done + _ROWS
    multiply_apart(below(c, i), below(a, i), product.b, block.rows - i, WIDTH, depth, product.start)
    return done


@inlined
def _place(at: int, row: int, lanes: int, i: int) -> int:
    """Of vector i, counted along the rows of a tile, one row after the other."""
    return at + i // WIDTH * row + i % WIDTH * lanes


@inlined
def _advance(tile: Pending, i: int) -> None:
    """Begin the update of vector i, take the root for the one before it, and end that of the one before that."""
    if 0 <= i < _VECTORS:
        _begin(tile, i)
    if 1 <= i <= _VECTORS:
        _divide_by(tile, i - 1)
    if i >= 2:
        _end(tile, i - 2)


@inlined
def _begin(tile: Pending, i: int) -> None:
    """Both means; the second takes the place of the gradient."""
    p, slots, size, sums, lanes = tile.parameters, tile.slots, tile.size, tile.sums, lanes_of(tile.parameters)
    # The last lane's line is asked for: where a vector crosses lines, the one before was asked for with the vector before.
    next_at = _place(tile.next_at, tile.row, lanes, i) + lanes - 1
    prefetch_line(p, slots, 2, size, next_at)
    at, sums_at = _place(tile.at, tile.row, lanes, i), _place(sums.at, sums.row, lanes, i)
    _, v = adam_means(at, lanes, load(sums.array, sums_at), load(p, at), tile.rates, slots, size)
    store(sums.array, sums_at, v)


@inlined
def _divide_by(tile: Pending, i: int) -> None:
    sums, at = tile.sums, _place(tile.sums.at, tile.sums.row, lanes_of(tile.parameters), i)
    store(sums.array, at, adam_divisor(sqrt(load(sums.array, at)), tile.rates))


@inlined
def _end(tile: Pending, i: int) -> None:
    p, sums, lanes = tile.parameters, tile.sums, lanes_of(tile.parameters)
    at, sums_at = _place(tile.at, tile.row, lanes, i), _place(sums.at, sums.row, lanes, i)
    store(p, at, adam_moved(load(p, at), load(tile.slots, at), load(sums.array, sums_at), tile.rates))


_multiply = multiply_while(_advance)
