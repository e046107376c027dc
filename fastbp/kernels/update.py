"""Updates: each optimizer's rule over a block of parameters, whose gradients the first-level cache holds.

The coefficients of a step (learning rate, decay, bias corrections) come from Python, one row of `rates` a step, in the order in which the
optimizer's `coefficients` method lists them. Slots, gradients and parameters share their layout: what belongs to a parameter lies at the
same place in each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.compiling.jit import inlined, scalar
from fastbp.compiling.units import unit
from fastbp.kernels.arguments import Network, Rule, Workspace
from fastbp.kernels.codes import ADAM, NO_UPDATE, SGD, SHARDS, UPDATE, UPDATE_ROWS
from fastbp.kernels.dispatch import by_code
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, load_first, prefetch, store, store_first
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.root import sqrt_in_turns
from fastbp.kernels.lanes.sizes import BYTES
from fastbp.kernels.lanes.vector import fma
from fastbp.kernels.portions import Batch, Block, Span

# Up to so many parameters lie with their slots in a second-level cache. Of what comes from further away an update that computes more
# at a time asks later, and takes longer.
_NEAR = 1 << 17
# Where a rule finds whether roots take turns, behind its coefficients.
_TURNS = 12
# Lanes of float32, whose roots alone take turns.
_LANES = BYTES // 4


@inlined
def prefetch_line(p: Any, slots: Any, n_slots: int, size: int, at: int) -> None:
    """Ask for the cache line of a parameter, and for those of its first two slots."""
    prefetch(p, at)
    if n_slots > 0:
        prefetch(slots, at)
    if n_slots > 1:
        prefetch(slots, size + at)


@scalar
def prefetch_block(network: Network, rule: Rule, block: Block) -> None:
    """Ask for what `update_block` will change."""
    p, size = network.parameters, network.size
    for i in range(block.rows):
        row_at = block.at + i * block.row
        for at in range(row_at, row_at + block.columns, lanes_of(p)):
            prefetch_line(p, rule.slots, rule.n_slots, size, at)


@scalar
def get(array: Any, at: int, count: int) -> Any:
    """Up to a vector: beyond `count` elements lies what belongs to others."""
    return load(array, at) if count >= lanes_of(array) else load_first(array, at, count)


@scalar
def put(array: Any, at: int, value: Any, count: int) -> None:
    """Up to a vector, likewise."""
    if count >= lanes_of(array):
        store(array, at, value)
    else:
        store_first(array, at, value, count)


@scalar
def root(v: Any, at: int, c: Any) -> Any:
    """Square roots for a rule that also divides."""
    return sqrt_in_turns(v, c[_TURNS] and at & _LANES != 0)


@scalar
def _sgd(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """P -= rate g."""
    rate, penalty = c[0], c[1]
    old = get(p, at, count)
    put(p, at, old - rate * (g + penalty * old), count)


@inlined
def renew_means(at: int, count: int, g: Any, betas: Any, slots: Any, size: int) -> tuple[Any, Any]:
    """``m = b1 m + (1 - b1) g`` and ``v = b2 v + (1 - b2) g**2``, the first two slots."""
    b1, fresh1, b2, fresh2 = betas
    m = b1 * get(slots, at, count) + fresh1 * g
    v = b2 * get(slots, size + at, count) + fresh2 * g * g
    put(slots, at, m, count)
    put(slots, size + at, v, count)
    return m, v


@inlined
def adam_means(at: int, count: int, g: Any, p: Any, c: Any, slots: Any, size: int) -> tuple[Any, Any]:
    """The same with the coefficients of Adam, its penalty on p added to g."""
    return renew_means(at, count, g + c[1] * p, (c[3], c[4], c[5], c[6]), slots, size)


@inlined
def adam_divisor(root_of_v: Any, c: Any) -> Any:
    """``sqrt(v) correction + epsilon``."""
    correction, epsilon = c[7], c[8]
    return root_of_v * correction + epsilon


@inlined
def adam_moved(p: Any, m: Any, divisor: Any, c: Any) -> Any:
    """``p = keep p - rate m / divisor``."""
    rate, keep = c[0], c[2]
    return keep * p - rate * m / divisor


@scalar
def _adam(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """Adam's rule in one piece."""
    old = get(p, at, count)
    m, v = adam_means(at, count, g, old, c, slots, size)
    put(p, at, adam_moved(old, m, adam_divisor(root(v, at, c), c), c), count)


@scalar
def keep(p: Any, at: int, count: int, g: Any, c: Any, gradients: Any, shard_at: int) -> None:
    """The gradients themselves, to ``gradients[shard_at:]``."""
    put(gradients, shard_at + at, g, count)


def blockwise(rule: Any) -> Any:
    """The loop over a block of parameters, whose gradients are given; `rates` are the coefficients of the step."""

    @scalar
    def update(p: Any, block: Block, gradients: Matrix, rates: Any, slots: Any, size: int) -> None:
        c, lanes = _coefficients(rates, size <= _NEAR), lanes_of(p)
        whole = block.columns // lanes * lanes
        for i in range(block.rows):
            p_at, g_at = block.at + i * block.row, gradients.at + i * gradients.row
            for j in range(0, whole, lanes):
                rule(p, p_at + j, lanes, load(gradients.array, g_at + j), c, slots, size)
            if whole < block.columns:
                rule(p, p_at + whole, block.columns - whole, load(gradients.array, g_at + whole), c, slots, size)

    return update


def rowwise(rule: Any) -> Any:
    """The same for a batch of `rows` rows, a few, whose gradients are computed on the way: ``sum_r units[r, i] deltas[r, j]``."""

    @scalar
    def update(p: Any, block: Block, units: Matrix, deltas: Matrix, rows: int, rates: Any, slots: Any, size: int) -> None:
        c, lanes, a, d = _coefficients(rates, False), lanes_of(p), units.array, deltas.array
        whole = block.columns // lanes * lanes
        # What fills no vector waits until all rows have their whole ones. Written with a mask, it would have to reach the cache before
        # the next row's first numbers, which lie behind it, are read.
        for first, last in ((0, whole), (whole, block.columns)):
            for i in range(block.rows if first < last else 0):
                p_at, a_at = block.at + i * block.row, units.at + i
                # The compiler cannot know that the parameters do not lie among these, either.
                a_0, a_1 = a[a_at], a[a_at + min(1, rows - 1) * units.row]
                for j in range(first, last, lanes):
                    d_at = deltas.at + j
                    g = a_0 * load(d, d_at)
                    if rows > 1:
                        g = fma(a_1, load(d, d_at + deltas.row), g)
                        for r in range(2, rows):
                            g = fma(a[a_at + r * units.row], load(d, d_at + r * deltas.row), g)
                    if j < whole:
                        rule(p, p_at + j, lanes, g, c, slots, size)
                    else:
                        rule(p, p_at + j, block.columns - j, g, c, slots, size)

    return update


@scalar
def _coefficients(rates: Any, turns: bool) -> Any:
    """Read once, before the loops: the compiler cannot know that they do not lie among the parameters. It leaves out what a rule lacks."""
    return (
        rates[0], rates[1], rates[2], rates[3], rates[4], rates[5], rates[6], rates[7], rates[8], rates[9], rates[10], rates[11],
        turns,
    )  # fmt: skip


#: By code, what changes up to a vector of parameters by its gradient.
RULES = {NO_UPDATE: keep, SGD: _sgd, ADAM: _adam}


@scalar
def unknown(code: int, p: Any, block: Block, *others: Any) -> None:
    """No optimizer: NaN."""
    for i in range(block.rows):
        for j in range(block.columns):
            p[block.at + i * block.row + j] = np.nan


_blocks = by_code({code: blockwise(rule) for code, rule in RULES.items()}, unknown)
_rows = by_code({code: rowwise(rule) for code, rule in RULES.items()}, unknown)


@scalar
def _memory(network: Network, rule: Rule, shard: int) -> tuple[Any, int]:
    """Where a rule keeps what it remembers, and the distance from slot to slot; without a rule the gradients, and where the shard's are."""
    return (rule.gradients, shard * network.size) if rule.code == NO_UPDATE else (rule.slots, network.size)


def update_block_of(blocks: Any) -> Any:
    """The unit for some rules: `blocks` updates a block by the rule of a code."""

    def update_block(network: Network, workspace: Workspace, rule: Rule, batch: Batch, block: Block, gradients: Matrix) -> None:
        """Change a block of parameters by its gradients; with NO_UPDATE keep the gradients."""
        slots, size = _memory(network, rule, batch.shard)
        blocks(rule.code, network.parameters, block, gradients, rule.rates[rule.first + batch.step], slots, size)

    return update_block


def update_rows_of(rows: Any) -> Any:
    """The unit for some rules: `rows` updates a block by the rule of a code from few rows of a batch."""

    def update_rows(
        network: Network, workspace: Workspace, rule: Rule, batch: Batch, block: Block, units: Matrix, deltas: Matrix
    ) -> None:  # fmt: skip
        """Change a block of parameters by gradients computed on the way from the few rows of a batch: a row each of units and of deltas."""
        slots, size = _memory(network, rule, 0)
        rates = rule.rates[rule.first + batch.step]
        rows(rule.code, network.parameters, block, units, deltas, batch.rows, rates, slots, size)

    return update_rows


update_block = unit(UPDATE)(update_block_of(_blocks))
update_rows = unit(UPDATE_ROWS)(update_rows_of(_rows))


@unit(SHARDS)
def add_shards(
    network: Network, workspace: Workspace, rule: Rule, batch: Batch, shards: int, parameters: Span, scratch_at: int
) -> None:  # fmt: skip
    """Gradients of all shards of the batch, added one shard after the other, for some parameters; then the update.

    ``g[i] = sum_s gradients[s, i]``, a vector at a time, which the scratch holds on the way.
    """
    size, lanes, sums = network.size, lanes_of(network.parameters), Matrix(workspace.scratch, scratch_at, 0)
    for at in range(parameters.begin, parameters.end, lanes):
        total = load(rule.gradients, at)
        for s in range(1, shards):
            total = total + load(rule.gradients, s * size + at)
        store(sums.array, sums.at, total)
        update_block(network, workspace, rule, batch, Block(at, 0, 1, lanes), sums)
