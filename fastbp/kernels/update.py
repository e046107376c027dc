"""Updates: each optimizer's rule over a block of parameters, whose gradients the first-level cache holds.

The coefficients of a step (learning rate, decay, bias corrections) come from Python, one row of `rates` a step, in the order in which the
optimizer's `coefficients` method lists them. Slots, gradients and parameters share their layout: what belongs to a parameter lies at the
same place in each.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar, unit
from fastbp.kernels.arguments import Network, Rule, Workspace
from fastbp.kernels.codes import ADAM, RMSPROP, SGD, SHARDS, UPDATE, UPDATE_ROWS
from fastbp.kernels.lanes.memory import load, load_first, prefetch, store, store_first
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.vector import fma, select, sqrt


@scalar
def prefetch_block(network: Network, rule: Rule, p0: int, p_row: int, rows: int, columns: int) -> None:
    """Ask for what `update_block` will change."""
    p, size = network.parameters, network.size
    for i in range(rows):
        for j in range(p0 + i * p_row, p0 + i * p_row + columns, lanes_of(p)):
            prefetch(p, j)
            if rule.n_slots > 0:
                prefetch(rule.slots, j)
            if rule.n_slots > 1:
                prefetch(rule.slots, size + j)


@scalar
def _get(array: Any, place: int, count: int) -> Any:
    """Up to a vector: beyond `count` elements lies what belongs to others."""
    return load(array, place) if count >= lanes_of(array) else load_first(array, place, count)


@scalar
def _put(array: Any, place: int, value: Any, count: int) -> None:
    if count >= lanes_of(array):
        store(array, place, value)
    else:
        store_first(array, place, value, count)


@scalar
def _sgd(p: Any, place: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """P -= rate g."""
    rate, penalty = c[0], c[1]
    old = _get(p, place, count)
    _put(p, place, old - rate * (g + penalty * old), count)


@scalar
def _momentum(p: Any, place: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """V = momentum v + g; p -= rate v, or with Nesterov's look-ahead p -= rate (g + momentum v)."""
    rate, penalty, momentum, nesterov = c[0], c[1], c[2], c[3]
    old = _get(p, place, count)
    slope = g + penalty * old
    v = momentum * _get(slots, place, count) + slope
    _put(slots, place, v, count)
    _put(p, place, old - rate * (slope + momentum * v if nesterov > 0 else v), count)


@scalar
def _rmsprop(p: Any, place: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """S = alpha s + (1 - alpha) g**2; p -= rate g / (sqrt(s) + epsilon)."""
    rate, penalty, alpha, fresh, epsilon = c[0], c[1], c[2], c[3], c[4]
    old = _get(p, place, count)
    slope = g + penalty * old
    s = alpha * _get(slots, place, count) + fresh * slope * slope
    _put(slots, place, s, count)
    _put(p, place, old - rate * slope / (sqrt(s) + epsilon), count)


@scalar
def _rmsprop_momentum(p: Any, place: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """The same with momentum over the quotient, centred by the mean of g."""
    rate, penalty, alpha, fresh, epsilon = c[0], c[1], c[2], c[3], c[4]
    momentum, centered = c[5], c[6]
    old, mean = _get(p, place, count), _get(slots, 2 * size + place, count)
    slope = g + penalty * old
    s = alpha * _get(slots, place, count) + fresh * slope * slope
    m = centered * (mean + fresh * (slope - mean))
    variance = s - m * m
    v = momentum * _get(slots, size + place, count) + slope / (sqrt(select(variance < 0, 0, variance)) + epsilon)
    _put(slots, place, s, count)
    _put(slots, size + place, v, count)
    _put(slots, 2 * size + place, m, count)
    _put(p, place, old - rate * v, count)


@scalar
def _adam(p: Any, place: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """M = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g**2; p = keep p - rate m / (sqrt(v) correction + epsilon)."""
    rate, penalty, keep, b1, fresh1 = c[0], c[1], c[2], c[3], c[4]
    b2, fresh2, correction, epsilon = c[5], c[6], c[7], c[8]
    old = _get(p, place, count)
    slope = g + penalty * old
    m = b1 * _get(slots, place, count) + fresh1 * slope
    v = b2 * _get(slots, size + place, count) + fresh2 * slope * slope
    _put(slots, place, m, count)
    _put(slots, size + place, v, count)
    _put(p, place, keep * old - rate * m / (sqrt(v) * correction + epsilon), count)


@scalar
def _keep(p: Any, place: int, count: int, g: Any, c: Any, gradients: Any, first: int) -> None:
    """The gradients themselves, to ``gradients[first:]``."""
    _put(gradients, first + place, g, count)


def _blockwise(rule: Any) -> Any:
    """The loop over a block of parameters at `p0`, rows `p_row` apart, whose gradients begin at `g0`."""

    @scalar
    def block(
        p: Any, p0: int, p_row: int, g: Any, g0: int, g_row: int, rows: int, columns: int, rates: Any, step: int, slots: Any, size: int
    ) -> None:
        c, lanes = _coefficients(rates, step), lanes_of(p)
        whole = columns // lanes * lanes
        for i in range(rows):
            for j in range(0, whole, lanes):
                rule(p, p0 + i * p_row + j, lanes, load(g, g0 + i * g_row + j), c, slots, size)
            if whole < columns:
                rule(p, p0 + i * p_row + whole, columns - whole, load(g, g0 + i * g_row + whole), c, slots, size)

    return block


def _rowwise(rule: Any) -> Any:
    """The same for a batch of `depth` rows, a few, whose gradients are computed on the way: products of units `a` and of deltas `d`."""

    @scalar
    def block(
        p: Any, p0: int, p_row: int, rows: int, columns: int, a: Any, a0: int, a_row: int, d: Any, d0: int, d_row: int, depth: int,
        rates: Any, step: int, slots: Any, size: int,
    ) -> None:  # fmt: skip
        c, lanes = _coefficients(rates, step), lanes_of(p)
        whole = columns // lanes * lanes
        for i in range(rows):
            # The compiler cannot know that the parameters do not lie among these, either.
            first, second = a[a0 + i], a[a0 + i + min(1, depth - 1) * a_row]
            for j in range(0, columns, lanes):
                g = first * load(d, d0 + j)
                if depth > 1:
                    g = fma(second, load(d, d0 + d_row + j), g)
                    for k in range(2, depth):
                        g = fma(a[a0 + i + k * a_row], load(d, d0 + k * d_row + j), g)
                if j < whole:
                    rule(p, p0 + i * p_row + j, lanes, g, c, slots, size)
                else:
                    rule(p, p0 + i * p_row + j, columns - j, g, c, slots, size)

    return block


@scalar
def _coefficients(rates: Any, step: int) -> Any:
    """Read once, before the loops: the compiler cannot know that they do not lie among the parameters."""
    return (
        rates[step, 0], rates[step, 1], rates[step, 2], rates[step, 3], rates[step, 4], rates[step, 5], rates[step, 6], rates[step, 7],
        rates[step, 8],
    )  # fmt: skip


_sgd_block, _momentum_block, _adam_block = _blockwise(_sgd), _blockwise(_momentum), _blockwise(_adam)
_rmsprop_block, _rmsprop_momentum_block, _keep_block = _blockwise(_rmsprop), _blockwise(_rmsprop_momentum), _blockwise(_keep)
_sgd_rows, _momentum_rows, _adam_rows = _rowwise(_sgd), _rowwise(_momentum), _rowwise(_adam)
_rmsprop_rows, _rmsprop_momentum_rows, _keep_rows = _rowwise(_rmsprop), _rowwise(_rmsprop_momentum), _rowwise(_keep)


@unit(UPDATE)
def update_block(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, p0: int, p_row: int, g0: int, g_row: int, rows: int,
    columns: int,
) -> None:  # fmt: skip
    """Change the parameters at `p0` (rows `p_row` apart) by the gradients at `g0` of the scratch; with NO_UPDATE keep the gradients."""
    p, g, rates, slots, size = network.parameters, workspace.scratch, rule.rates, rule.slots, network.size
    if rule.code == SGD and rule.n_slots == 0:
        _sgd_block(p, p0, p_row, g, g0, g_row, rows, columns, rates, step, slots, size)
    elif rule.code == SGD:
        _momentum_block(p, p0, p_row, g, g0, g_row, rows, columns, rates, step, slots, size)
    elif rule.code == ADAM:
        _adam_block(p, p0, p_row, g, g0, g_row, rows, columns, rates, step, slots, size)
    elif rule.code == RMSPROP and rule.n_slots == 1:
        _rmsprop_block(p, p0, p_row, g, g0, g_row, rows, columns, rates, step, slots, size)
    elif rule.code == RMSPROP:
        _rmsprop_momentum_block(p, p0, p_row, g, g0, g_row, rows, columns, rates, step, slots, size)
    else:
        _keep_block(p, p0, p_row, g, g0, g_row, rows, columns, rates, step, rule.gradients, shard * size)


@unit(UPDATE_ROWS)
def update_rows(
    network: Network, workspace: Workspace, rule: Rule, step: int, p0: int, p_row: int, rows: int, columns: int, a0: int, a_row: int,
    d0: int, d_row: int, depth: int,
) -> None:  # fmt: skip
    """Change the parameters at `p0` by gradients computed on the way, from `depth` rows of units at `a0` and of deltas at `d0`."""
    p, rates, slots, size = network.parameters, rule.rates, rule.slots, network.size
    a, d = workspace.activations, workspace.deltas
    if rule.code == SGD and rule.n_slots == 0:
        _sgd_rows(p, p0, p_row, rows, columns, a, a0, a_row, d, d0, d_row, depth, rates, step, slots, size)
    elif rule.code == SGD:
        _momentum_rows(p, p0, p_row, rows, columns, a, a0, a_row, d, d0, d_row, depth, rates, step, slots, size)
    elif rule.code == ADAM:
        _adam_rows(p, p0, p_row, rows, columns, a, a0, a_row, d, d0, d_row, depth, rates, step, slots, size)
    elif rule.code == RMSPROP and rule.n_slots == 1:
        _rmsprop_rows(p, p0, p_row, rows, columns, a, a0, a_row, d, d0, d_row, depth, rates, step, slots, size)
    elif rule.code == RMSPROP:
        _rmsprop_momentum_rows(p, p0, p_row, rows, columns, a, a0, a_row, d, d0, d_row, depth, rates, step, slots, size)
    else:
        _keep_rows(p, p0, p_row, rows, columns, a, a0, a_row, d, d0, d_row, depth, rates, step, rule.gradients, 0)


@unit(SHARDS)
def add_shards(network: Network, workspace: Workspace, rule: Rule, step: int, shards: int, begin: int, end: int, place: int) -> None:
    """Gradients of all shards of the batch, added one shard after the other, for the parameters from `begin` to `end`; then the update."""
    size, lanes = network.size, lanes_of(network.parameters)
    for i in range(begin, end, lanes):
        total = load(rule.gradients, i)
        for s in range(1, shards):
            total = total + load(rule.gradients, s * size + i)
        store(workspace.scratch, place, total)
        update_block(network, workspace, rule, step, 0, i, 0, place, 0, 1, lanes)
