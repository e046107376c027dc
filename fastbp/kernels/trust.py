"""LAMB's step: each layer's weights, and its biases, move by a share of their own norm.

    p -= rate norm(p) / norm(u) u, with u in the optimizer's third slot

The squares of a part of the parameters are summed block by block, whoever has the blocks, and the blocks one after the other.
"""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, WEIGHT, Network, Rule, Workspace
from fastbp.kernels.codes import BIAS_RATE, LAYER_RATES
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.lanes.vector import splat
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.team import meet


@scalar
def step_by_norms(network: Network, workspace: Workspace, rule: Rule, batch: Batch, own: Span, task: Task) -> None:
    """The step of the task's parameters, when all tasks have their part of u."""
    for part in range(2 * network.layers):
        _sum_part(network, workspace, rule, part, own, task)
    meet(workspace.team, task)
    learning_rate = rule.rates[rule.first + batch.step][0]
    p, slots, lanes = network.parameters, rule.slots, lanes_of(network.parameters)
    for part in range(2 * network.layers):
        whole = part_of(network, part)
        rate = learning_rate * _ratio(rule, whole, part) * rule.limits[LAYER_RATES + part // 2]
        if part % 2 == 1:
            rate = rate * rule.limits[BIAS_RATE]
        for at in range(max(own.begin, whole.begin), min(own.end, whole.end), lanes):
            store(p, at, load(p, at) - rate * load(slots, 2 * network.size + at))


@scalar
def part_of(network: Network, part: int) -> Span:
    """Where the weights (even) or the biases (odd) of a layer lie."""
    n_in, n_out, column = network.table[part // 2, N_IN], network.table[part // 2, N_OUT], WEIGHT if part % 2 == 0 else BIAS
    begin = network.table[part // 2, column]
    return Span(begin, begin + (n_in * n_out if part % 2 == 0 else n_out))


@scalar
def _sum_part(network: Network, workspace: Workspace, rule: Rule, part: int, own: Span, task: Task) -> None:
    """Sums of squares of p and of u, two numbers for each block that the part has something of.

    A block that two parts share has two places: the number of the part is added to that of the block.
    """
    p, slots, lanes, whole = network.parameters, rule.slots, lanes_of(network.parameters), part_of(network, part)
    for block in range(max(own.begin, whole.begin) // PIECE, (min(own.end, whole.end) + PIECE - 1) // PIECE):
        of_p, of_u = splat(p, 0), splat(p, 0)
        for at in range(max(block * PIECE, whole.begin), min((block + 1) * PIECE, whole.end), lanes):
            old, u = load(p, at), load(slots, 2 * network.size + at)
            of_p, of_u = of_p + old * old, of_u + u * u
        rule.sums[2 * (block + part)] = _lanes_added(workspace, of_p, task)
        rule.sums[2 * (block + part) + 1] = _lanes_added(workspace, of_u, task)


@scalar
def _lanes_added(workspace: Workspace, values: Any, task: Task) -> Any:
    scratch = workspace.scratch
    store(scratch, task.scratch_at, values)
    total = scratch[task.scratch_at]
    for lane in range(1, lanes_of(scratch)):
        total += scratch[task.scratch_at + lane]
    return total


@scalar
def _ratio(rule: Rule, whole: Span, part: int) -> Any:
    """norm(p) / norm(u); 1 where one of them is 0."""
    of_p = of_u = rule.sums[0] - rule.sums[0]
    for block in range(whole.begin // PIECE, (whole.end + PIECE - 1) // PIECE):
        of_p += rule.sums[2 * (block + part)]
        of_u += rule.sums[2 * (block + part) + 1]
    one = type(of_p)(1)
    return type(one)(math.sqrt(of_p) / math.sqrt(of_u)) if of_p > 0 and of_u > 0 else one
