"""A step whose update waits for all gradients: what limits them by their norm, shapes the step beside the optimizer's rule, or follows it.

    g = sum over shards, times min(1, clip_norm / norm(g)), between -clip_value and clip_value, plus l1 sign(p)
    p' = rule(p, g);  p = p + rate (p' - p) - rate decay p, with the rate and the decay of a layer, or of biases
    with an L2 penalty on weights g = g + l2 p, and the loss has l2 / 2 times the sum of their squares
    the weights of a unit times min(1, max_norm / their norm);  average = average + share (p - average)

The gradients are in memory, once. Tasks share the parameters; sums of squares are of blocks of parameters, whoever computes them.
"""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.arguments import N_IN, N_OUT, SHAPED, WEIGHT, Call, Limits, Network, Rule, Workspace
from fastbp.kernels.codes import (
    APART,
    AVERAGE,
    CLIP_NORM,
    CLIP_VALUE,
    DECAY,
    DECAY_BIASES,
    L1,
    L2,
    LAMB,
    MAX_NORM,
    PARTS,
)  # fmt: skip
from fastbp.kernels.gradient import weight_gradients
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.lanes.vector import select, splat, sqrt
from fastbp.kernels.loss import total_loss
from fastbp.kernels.passes import forward_and_delta, keeping, looking_ahead, shape_gradients, train_on_shards
from fastbp.kernels.places import part_of
from fastbp.kernels.portions import Batch, Block, Span, Task
from fastbp.kernels.sharing import shards_in
from fastbp.kernels.team import meet, share, sum_of_lanes
from fastbp.kernels.trust import rate_of, step_by_norms
from fastbp.kernels.update import update_block


@unit(APART)
def train_apart(call: Call, batch: Batch, task: Task) -> None:
    """One step, as `train_on_batch`, with the gradients of all parameters in memory before any is changed."""
    network, workspace, rule, limits = call.network, call.workspace, call.rule, call.limits
    shards = shards_in(network, batch.rows)
    if shards == 1:
        batch = looking_ahead(call, batch, task)
        forward_and_delta(call, batch, task)
        weight_gradients(network, workspace, call.data, keeping(rule), batch, Span(0, batch.rows), Span(0, network.layers), task)
        if network.table[0, SHAPED]:
            shape_gradients(call, keeping(rule), batch, task)
    else:
        train_on_shards(call, batch, shards, task)
    own, l2 = share(network.size, task, PIECE), rule.rates[rule.first + batch.step][L2]
    if l2 > 0:
        _sum_weights(call, own, task)
    meet(workspace.team, task)
    if task.number == 0:
        penalty = l2 * _squares_of_weights(network, limits) / type(l2)(2) if l2 > 0 else l2
        call.results[batch.step] = total_loss(workspace, batch.rows) + penalty
    if shards > 1 or limits.settings[CLIP_NORM] > 0:
        sum_squares(call, own, shards, task)
        meet(workspace.team, task)
    update(call, batch, own, task)
    if rule.code == LAMB:
        meet(workspace.team, task)
        step_by_norms(call, batch, own, task)
    follow_up(call, batch, own, task)


@scalar
def sum_squares(call: Call, own: Span, shards: int, task: Task) -> None:
    """Of the gradients in each of the task's blocks of parameters, which are added up over the shards first."""
    for at in range(own.begin, own.end, PIECE):
        block = Span(at, min(own.end, at + PIECE))
        call.limits.sums[at // PIECE] = _sum_of_squares(call.rule, call.workspace, block, shards, call.network.size, task)


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
    return sum_of_lanes(workspace, squares, task)


@scalar
def _sum_weights(call: Call, own: Span, task: Task) -> None:
    """The squares of the weights in each of the task's blocks of parameters, biases left out; after the places for gradients."""
    network, p, lanes = call.network, call.network.parameters, lanes_of(call.network.parameters)
    for at in range(own.begin, own.end, PIECE):
        squares = splat(p, 0)
        for layer in range(network.layers):
            whole = part_of(network, PARTS * layer)
            for i in range(max(at, whole.begin), min(at + PIECE, whole.end), lanes):
                w = load(p, i)
                squares = squares + w * w
        call.limits.sums[_blocks(network) + at // PIECE] = sum_of_lanes(call.workspace, squares, task)


@scalar
def _squares_of_weights(network: Network, limits: Limits) -> Any:
    """Their sum, block after block."""
    blocks = _blocks(network)
    total = limits.sums[blocks]
    for block in range(blocks + 1, 2 * blocks):
        total += limits.sums[block]
    return total


@scalar
def _blocks(network: Network) -> int:
    """Blocks of parameters."""
    return (network.size + PIECE - 1) // PIECE


@scalar
def _scale(limits: Limits, size: int) -> Any:
    """What all gradients are multiplied with: PyTorch's ``clip_norm / (norm + 1e-6)``, at most 1."""
    most = limits.settings[CLIP_NORM]
    one = type(most)(1)
    if most == 0:
        return one
    total = limits.sums[0]
    for block in range(1, (size + PIECE - 1) // PIECE):
        total += limits.sums[block]
    scale = most / (type(one)(math.sqrt(total)) + type(one)(1e-6))
    # NaN is passed on.
    return one if scale > one else scale


@scalar
def update(call: Call, batch: Batch, own: Span, task: Task) -> None:
    """The task's parameters, layer by layer, weights and biases apart."""
    network, rule, settings = call.network, call.rule, call.limits.settings
    scale, decay = _scale(call.limits, network.size), rule.rates[rule.first + batch.step][DECAY]
    for part in range(PARTS * network.layers):
        rate, of_part = rate_of(settings, part), part_of(network, part)
        of_task = Span(max(own.begin, of_part.begin), min(own.end, of_part.end))
        of_decay = rate * decay if part % PARTS == 0 else rate * decay * settings[DECAY_BIASES]
        l2 = rule.rates[rule.first + batch.step][L2] if part % PARTS == 0 else decay - decay
        _update_part(call, batch, of_task, (scale, rate, of_decay, l2), task)


@scalar
def _update_part(call: Call, batch: Batch, part: Span, factors: Any, task: Task) -> None:
    """Some parameters, piece by piece: the gradients shaped into the scratch, the rule, and what is done with its step.

    Whole vectors: between the parts of layers lie zeros.
    """
    network, workspace, rule, (scale, rate, decay, l2) = call.network, call.workspace, call.rule, factors
    p, scratch, lanes = network.parameters, workspace.scratch, lanes_of(network.parameters)
    highest, l1 = call.limits.settings[CLIP_VALUE], call.limits.settings[L1]
    old_at, shaped = task.scratch_at + PIECE, Matrix(scratch, task.scratch_at, 0)
    for begin in range(part.begin, part.end, PIECE):
        count = (min(PIECE, part.end - begin) + lanes - 1) // lanes * lanes
        for i in range(0, count, lanes):
            g, old = load(rule.gradients, begin + i) * scale, load(p, begin + i)
            if highest > 0:
                g = select(g > highest, highest, select(g < -highest, -highest, g))
            if l1 > 0:
                g = g + l1 * select(old > 0, 1, select(old < 0, -1, old))
            if l2 > 0:
                g = g + l2 * old
            store(scratch, shaped.at + i, g)
            store(scratch, old_at + i, old)
        update_block(network, workspace, rule, batch, Block(begin, 0, 1, count), shaped)
        if rate != 1 or decay != 0:
            for i in range(0, count, lanes):
                old = load(scratch, old_at + i)
                store(p, begin + i, old + rate * (load(p, begin + i) - old) - decay * old)


@scalar
def follow_up(call: Call, batch: Batch, own: Span, task: Task) -> None:
    """What comes after the update of all parameters: the limit of the norms of units, and the average of the task's parameters."""
    network, limits, team = call.network, call.limits, call.workspace.team
    if limits.settings[MAX_NORM] > 0:
        meet(team, task)
        for layer in range(network.layers):
            units = share(network.table[layer, N_OUT], task, lanes_of(network.parameters))
            _limit_units(network, layer, limits.settings[MAX_NORM], units)
        meet(team, task)
    _follow(network, limits, call.rule.rates[call.rule.first + batch.step][AVERAGE], own)
    meet(team, task)


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
def _follow(network: Network, limits: Limits, part: Any, own: Span) -> None:
    """The average of the task's parameters a share of the way towards them."""
    if part > 0:
        lanes = lanes_of(network.parameters)
        for at in range(own.begin, own.end, lanes):
            before = load(limits.average, at)
            store(limits.average, at, before + part * (load(network.parameters, at) - before))
