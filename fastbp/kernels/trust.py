"""LAMB's step: each layer's weights, its biases, and so on move by a share of their own norm.

    p -= rate norm(p) / norm(u) u, with u in the optimizer's third slot

The squares of a part of the parameters are summed block by block, whoever has the blocks, and the blocks one after the other.
"""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import Call, Limits
from fastbp.kernels.codes import BIAS_RATE, LAYER_RATES, PARTS
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.lanes.vector import splat
from fastbp.kernels.places import part_of
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.team import meet, sum_of_lanes


@scalar
def step_by_norms(call: Call, batch: Batch, own: Span, task: Task) -> None:
    """The step of the task's parameters, when all tasks have their part of u."""
    sum_norms(call, own, task)
    meet(call.workspace.team, task)
    step(call, batch, own)


@scalar
def sum_norms(call: Call, own: Span, task: Task) -> None:
    """What the step needs to know of the task's parameters."""
    for part in range(PARTS * call.network.layers):
        _sum_part(call, part, own, task)


@scalar
def step(call: Call, batch: Batch, own: Span) -> None:
    """The step of some parameters, when all sums are there."""
    network, rule, limits = call.network, call.rule, call.limits
    learning_rate = rule.rates[rule.first + batch.step][0]
    p, slots, lanes = network.parameters, rule.slots, lanes_of(network.parameters)
    for part in range(PARTS * network.layers):
        whole = part_of(network, part)
        rate = learning_rate * _ratio(limits, whole, part) * rate_of(limits.settings, part)
        for at in range(max(own.begin, whole.begin), min(own.end, whole.end), lanes):
            store(p, at, load(p, at) - rate * load(slots, 2 * network.size + at))


@scalar
def rate_of(settings: Any, part: int) -> Any:
    """The factor of the steps of a part: that of its layer, and of biases theirs, too."""
    rate = settings[LAYER_RATES + part // PARTS]
    return rate * settings[BIAS_RATE] if part % PARTS == 1 else rate


@scalar
def _sum_part(call: Call, part: int, own: Span, task: Task) -> None:
    """Sums of squares of p and of u, two numbers for each block that the part has something of.

    A block that two parts share has two places: the number of the part is added to that of the block.
    """
    network, slots, sums, whole = call.network, call.rule.slots, call.limits.sums, part_of(call.network, part)
    p, lanes = network.parameters, lanes_of(network.parameters)
    for block in range(max(own.begin, whole.begin) // PIECE, (min(own.end, whole.end) + PIECE - 1) // PIECE):
        of_p, of_u = splat(p, 0), splat(p, 0)
        for at in range(max(block * PIECE, whole.begin), min((block + 1) * PIECE, whole.end), lanes):
            old, u = load(p, at), load(slots, 2 * network.size + at)
            of_p, of_u = of_p + old * old, of_u + u * u
        sums[2 * (block + part)] = sum_of_lanes(call.workspace, of_p, task)
        sums[2 * (block + part) + 1] = sum_of_lanes(call.workspace, of_u, task)


@scalar
def _ratio(limits: Limits, whole: Span, part: int) -> Any:
    """norm(p) / norm(u); 1 where one of them is 0."""
    of_p = of_u = limits.sums[0] - limits.sums[0]
    for block in range(whole.begin // PIECE, (whole.end + PIECE - 1) // PIECE):
        of_p += limits.sums[2 * (block + part)]
        of_u += limits.sums[2 * (block + part) + 1]
    one = type(of_p)(1)
    return type(one)(math.sqrt(of_p) / math.sqrt(of_u)) if of_p > 0 and of_u > 0 else one
