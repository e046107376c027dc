"""A step whose update waits for all gradients: what limits them by their norm, shapes the step beside the optimizer's rule, or follows it.

    g = sum over shards, times min(1, clip_norm / norm(g)), between -clip_value and clip_value, plus l1 sign(p)
    p' = rule(p, g);  p = p + rate (p' - p) - rate decay p, with the rate and the decay of a layer, or of biases
    the weights of a unit times min(1, max_norm / their norm);  average = average + share (p - average)

The gradients are in memory, once. Tasks share the parameters; sums of squares are of blocks of parameters, whoever computes them.
"""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, WEIGHT, Call, Network, Rule, Workspace
from fastbp.kernels.chain import own_inputs
from fastbp.kernels.codes import (
    APART,
    AVERAGE,
    BIAS_RATE,
    CLIP_NORM,
    CLIP_VALUE,
    DECAY,
    DECAY_BIASES,
    L1,
    LAMB,
    LAYER_RATES,
    MAX_NORM,
)  # fmt: skip
from fastbp.kernels.gradient import weight_gradients
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, shards_of
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.lanes.vector import select, splat, sqrt
from fastbp.kernels.loss import total_loss
from fastbp.kernels.passes import forward_and_delta, keeping, looking_ahead, train_on_shard
from fastbp.kernels.portions import Batch, Block, Span, Task
from fastbp.kernels.team import meet, share
from fastbp.kernels.trust import step_by_norms
from fastbp.kernels.update import update_block


@unit(APART)
def train_apart(call: Call, batch: Batch, task: Task) -> None:
    """One step, as `train_on_batch`, with the gradients of all parameters in memory before any is changed."""
    network, workspace, rule = call.network, call.workspace, call.rule
    shards = shards_of(batch.rows, network.size)
    if shards == 1:
        forward_and_delta(call, batch, task)
        rows, inputs = Span(0, batch.rows), own_inputs(network, workspace, batch.rows, task)
        weight_gradients(network, workspace, call.data, keeping(rule), looking_ahead(call, batch, task), rows, inputs, task)
    else:
        of_task = share(shards, task, 1)
        for shard in range(of_task.begin, of_task.end):
            train_on_shard(call, Batch(batch.order_begin, batch.rows, batch.step, shard, batch.ahead), task)
    meet(workspace.team, task)
    own = share(network.size, task, PIECE)
    for at in range(own.begin, own.end, PIECE):
        rule.sums[at // PIECE] = _sum_of_squares(rule, workspace, Span(at, min(own.end, at + PIECE)), shards, network.size, task)
    meet(workspace.team, task)
    _update(network, workspace, rule, batch, own, _scale(rule, network.size), task)
    if rule.code == LAMB:
        meet(workspace.team, task)
        step_by_norms(network, workspace, rule, batch, own, task)
    if rule.limits[MAX_NORM] > 0:
        meet(workspace.team, task)
        for layer in range(network.layers):
            _limit_units(network, layer, rule.limits[MAX_NORM], share(network.table[layer, N_OUT], task, lanes_of(network.parameters)))
        meet(workspace.team, task)
    _follow(network, rule, rule.rates[rule.first + batch.step][AVERAGE], own)
    if task.number == 0:
        call.results[batch.step] = total_loss(workspace, batch.rows)
    meet(workspace.team, task)


@scalar
def _sum_of_squares(rule: Rule, workspace: Workspace, block: Span, shards: int, size: int, task: Task) -> Any:
    """Of the gradients of some parameters, which are added up over the shards first."""
    g, lanes = rule.gradients, lanes_of(rule.gradients)
    squares = splat(g, 0)
    for at in range(block.begin, block.end, lanes):
        total = load(g, at)
        for s in range(1, shards):
            total = total + load(g, s * size + at)
        store(g, at, total)
        squares = squares + total * total
    store(workspace.scratch, task.scratch_at, squares)
    found = workspace.scratch[task.scratch_at]
    for lane in range(1, lanes):
        found += workspace.scratch[task.scratch_at + lane]
    return found


@scalar
def _scale(rule: Rule, size: int) -> Any:
    """What all gradients are multiplied with: PyTorch's ``clip_norm / (norm + 1e-6)``, at most 1."""
    one = type(rule.limits[CLIP_NORM])(1)
    if rule.limits[CLIP_NORM] == 0:
        return one
    total = rule.sums[0]
    for block in range(1, (size + PIECE - 1) // PIECE):
        total += rule.sums[block]
    scale = rule.limits[CLIP_NORM] / (type(one)(math.sqrt(total)) + type(one)(1e-6))
    # NaN is passed on.
    return one if scale > one else scale


@scalar
def _update(network: Network, workspace: Workspace, rule: Rule, batch: Batch, own: Span, scale: Any, task: Task) -> None:
    """The task's parameters, layer by layer, weights and biases apart."""
    table, limits = network.table, rule.limits
    decay = rule.rates[rule.first + batch.step][DECAY]
    for layer in range(network.layers):
        n_in, n_out, rate = table[layer, N_IN], table[layer, N_OUT], limits[LAYER_RATES + layer]
        weights = _overlap(own, table[layer, WEIGHT], n_in * n_out)
        _update_part(network, workspace, rule, batch, weights, (scale, rate, rate * decay), task)
        biases, rate = _overlap(own, table[layer, BIAS], n_out), rate * limits[BIAS_RATE]
        _update_part(network, workspace, rule, batch, biases, (scale, rate, rate * decay * limits[DECAY_BIASES]), task)


@scalar
def _overlap(own: Span, begin: int, count: int) -> Span:
    return Span(max(own.begin, begin), min(own.end, begin + count))


@scalar
def _update_part(network: Network, workspace: Workspace, rule: Rule, batch: Batch, part: Span, factors: Any, task: Task) -> None:
    """Some parameters, piece by piece: the gradients shaped into the scratch, the rule, and what is done with its step.

    Whole vectors: between the parts of layers lie zeros.
    """
    p, scratch, lanes, (scale, rate, decay) = network.parameters, workspace.scratch, lanes_of(network.parameters), factors
    highest, l1 = rule.limits[CLIP_VALUE], rule.limits[L1]
    old_at, shaped = task.scratch_at + PIECE, Matrix(scratch, task.scratch_at, 0)
    for begin in range(part.begin, part.end, PIECE):
        count = (min(PIECE, part.end - begin) + lanes - 1) // lanes * lanes
        for i in range(0, count, lanes):
            g, old = load(rule.gradients, begin + i) * scale, load(p, begin + i)
            if highest > 0:
                g = select(g > highest, highest, select(g < -highest, -highest, g))
            if l1 > 0:
                g = g + l1 * select(old > 0, 1, select(old < 0, -1, old))
            store(scratch, shaped.at + i, g)
            store(scratch, old_at + i, old)
        update_block(network, workspace, rule, batch, Block(begin, 0, 1, count), shaped)
        if rate != 1 or decay != 0:
            for i in range(0, count, lanes):
                old = load(scratch, old_at + i)
                store(p, begin + i, old + rate * (load(p, begin + i) - old) - decay * old)


@scalar
def _limit_units(network: Network, layer: int, most: Any, units: Span) -> None:
    """The weights of each of some units, a column of W, scaled down where their norm is above `most`."""
    p, lanes, n_out = network.parameters, lanes_of(network.parameters), network.table[layer, N_OUT]
    for u in range(units.begin, units.end, lanes):
        at = network.table[layer, WEIGHT] + u
        if u + lanes <= n_out:
            squares = splat(p, 0)
            for i in range(network.table[layer, N_IN]):
                w = load(p, at + i * n_out)
                squares = squares + w * w
            norm = sqrt(squares)
            factor = select(norm > most, most / norm, 1 + (norm - norm))
            for i in range(network.table[layer, N_IN]):
                store(p, at + i * n_out, load(p, at + i * n_out) * factor)
        else:
            for j in range(n_out - u):
                _limit_unit(p, at + j, network.table[layer, N_IN], n_out, most)


@scalar
def _limit_unit(p: Any, at: int, n_in: int, n_out: int, most: Any) -> None:
    """The same for one unit, whose column has others beside it that are another task's or none."""
    square = p[at] * p[at]
    for i in range(1, n_in):
        square += p[at + i * n_out] * p[at + i * n_out]
    norm = type(square)(math.sqrt(square))
    if norm > most:
        for i in range(n_in):
            p[at + i * n_out] *= most / norm


@scalar
def _follow(network: Network, rule: Rule, part: Any, own: Span) -> None:
    """The average of the task's parameters a share of the way towards them."""
    if part > 0:
        lanes = lanes_of(network.parameters)
        for at in range(own.begin, own.end, lanes):
            before = load(rule.average, at)
            store(rule.average, at, before + part * (load(network.parameters, at) - before))
