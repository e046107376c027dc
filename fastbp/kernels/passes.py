"""What one task of a run does with a batch: which layers, panels and blocks are its own, and where it waits for the others.

A long batch is shared by its panels: forward and delta of a row need no other row. When there are fewer panels than tasks, each takes a
range of the units of every layer instead, and they meet after each layer. Gradients are shared by blocks of the weights, or, when the
batch is long and the network small, by shards of the batch. What the first layer reads may be shared by inputs (``chain.py``).
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.accuracy import count_hits, has_accuracy
from fastbp.kernels.arguments import INPUTS, N_IN, N_OUT, Batch, Data, Network, Objective, Rule, Span, Workspace
from fastbp.kernels.chain import forward_chain, is_chained, own_inputs
from fastbp.kernels.codes import NO_UPDATE
from fastbp.kernels.delta import hidden_delta
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.gather import gather_batch, row_bytes
from fastbp.kernels.gradient import gradient_blocks
from fastbp.kernels.lanes.panels import lanes_of, panels_of, shards_of, shares_units, vectors_of
from fastbp.kernels.lanes.sizes import FEW, SCRATCH, SHARD
from fastbp.kernels.loss import output_delta, total_loss, write_output
from fastbp.kernels.team import meet, share
from fastbp.kernels.update import add_shards

# Bytes of rows fetched ahead: a part of the second-level cache.
_AHEAD = 1 << 18


@scalar
def train_on_batch(
    network: Network, workspace: Workspace, data: Data, rule: Rule, objective: Objective, first: int, rows: int, batch_size: int, step: int,
    results: Any, tasks: int, task: int,
) -> None:  # fmt: skip
    """One step on the `rows` rows from place `first` of the order on; the batch's loss goes to ``results[step]``."""
    zero = type(network.slopes[0])(0)
    size, lanes = network.size, lanes_of(network.parameters)
    shards = shards_of(rows, size)
    block = task * SCRATCH
    if shards == 1:
        _forward_and_delta(network, workspace, data, objective, first, rows, zero, tasks, task)
        panels = panels_of(rows, workspace.width, lanes)
        begin, end = _rows_ahead(network, workspace, data, first + rows, batch_size, tasks, task)
        own = own_inputs(network, workspace, rows, tasks, task)
        gradient_blocks(network, workspace, data, rule, step, 0, rows, 0, panels, begin, end, own[0], own[1], tasks, task, block)
    else:
        begin, end = share(shards, tasks, task, 1)
        for shard in range(begin, end):
            _train_on_shard(network, workspace, data, rule, objective, first, rows, step, shard, block)
        meet(workspace.team, tasks, task)
        begin, end = share(size, tasks, task, lanes)
        batch = Batch(first, rows, step, 0, Span(0, 0))
        add_shards(network, workspace, rule, batch, shards, Span(begin, end), block)
    if task == 0:
        results[step] = total_loss(workspace, rows)
    meet(workspace.team, tasks, task)


@scalar
def _train_on_shard(
    network: Network,
    workspace: Workspace,
    data: Data,
    rule: Rule,
    objective: Objective,
    first: int,
    rows: int,
    step: int,
    shard: int,
    block: int,
) -> None:
    """Forward, delta and gradient of one shard, while its panels are in the cache."""
    zero = type(network.slopes[0])(0)
    panel = workspace.width * lanes_of(network.parameters)
    begin, end = shard * SHARD // panel, panels_of(min(rows, (shard + 1) * SHARD), workspace.width, lanes_of(network.parameters))
    last = network.layers - 1
    n_inputs = network.table[0, N_IN]
    gather_batch(data, workspace, first, rows, begin, end, 0, n_inputs, 1, zero, block, 1, 0)
    for layer in range(last + 1):
        n_in, n_out = network.table[layer, N_IN], network.table[layer, N_OUT]
        forward_layer(network, workspace, layer, rows, begin, end, 0, n_out, 0, n_in, block)
    output_delta(objective, network, workspace, data, rows, Span(begin, end))
    for layer in range(last, 0, -1):
        hidden_delta(network, workspace, layer, rows, begin, end, 0, network.table[layer, N_IN], block)
    kept = Rule(NO_UPDATE, 0, rule.rates, rule.gradients, rule.slots)
    gradient_blocks(network, workspace, data, kept, step, shard, rows, begin, end, 0, 0, 0, n_inputs, 1, 0, block)


@scalar
def _forward_and_delta(
    network: Network,
    workspace: Workspace,
    data: Data,
    objective: Objective,
    first: int,
    rows: int,
    total_weight: Any,
    tasks: int,
    task: int,
) -> None:
    """All that comes before the gradient; at its end all tasks have met."""
    begin, end, by_units = _own_panels(workspace, rows, tasks, task)
    block, panels = task * SCRATCH, panels_of(rows, workspace.width, lanes_of(workspace.deltas))
    _forward(network, workspace, data, first, rows, total_weight, 1, tasks, task)
    output_delta(objective, network, workspace, data, rows, Span(begin, end))
    for layer in range(network.layers - 1, 0, -1):
        n_in = network.table[layer, N_IN]
        if by_units:
            meet(workspace.team, tasks, task)
            own = share(n_in, tasks, task, lanes_of(workspace.deltas))
            hidden_delta(network, workspace, layer, rows, 0, panels, own[0], own[1], block)
        else:
            hidden_delta(network, workspace, layer, rows, begin, end, 0, n_in, block)
    meet(workspace.team, tasks, task)


@scalar
def _forward(
    network: Network, workspace: Workspace, data: Data, first: int, rows: int, total_weight: Any, targets: int, tasks: int, task: int
) -> None:
    """The batch gathered and passed through all layers; at the end a task may read its own panels."""
    begin, end, by_units = _own_panels(workspace, rows, tasks, task)
    block, panels = task * SCRATCH, panels_of(rows, workspace.width, lanes_of(workspace.deltas))
    own, chained = own_inputs(network, workspace, rows, tasks, task), is_chained(network, workspace, rows, tasks)
    gather_batch(data, workspace, first, rows, begin, end, own[0], own[1], targets, total_weight, block, tasks, task)
    if chained:
        forward_chain(network, workspace, rows, panels, own[0], own[1], block, tasks, task)
        meet(workspace.team, tasks, task)
    for layer in range(1 if chained else 0, network.layers):
        n_in, n_out = network.table[layer, N_IN], network.table[layer, N_OUT]
        if by_units:
            meet(workspace.team, tasks, task)
            units = share(n_out, tasks, task, lanes_of(workspace.deltas))
            forward_layer(network, workspace, layer, rows, 0, panels, units[0], units[1], 0, n_in, block)
        else:
            forward_layer(network, workspace, layer, rows, begin, end, 0, n_out, 0, n_in, block)
    if by_units:
        meet(workspace.team, tasks, task)


@scalar
def _own_panels(workspace: Workspace, rows: int, tasks: int, task: int) -> tuple[int, int, bool]:
    """The panels of a task, and whether layers are shared by units."""
    panels = panels_of(rows, workspace.width, lanes_of(workspace.deltas))
    begin, end = share(panels, tasks, task, 1)
    vectors = vectors_of(rows, lanes_of(workspace.deltas))
    return begin, end, tasks > 1 and (rows <= FEW or shares_units(vectors, workspace.width, tasks))


@scalar
def _rows_ahead(network: Network, workspace: Workspace, data: Data, first: int, batch_size: int, tasks: int, task: int) -> tuple[int, int]:
    """The places in the order of the task's rows of the next batch; none at the end of the order, and none that would not fit a cache."""
    rows = min(batch_size, data.rows - first)
    if rows <= 0 or rows // tasks * row_bytes(data.sources[INPUTS]) > _AHEAD:
        return first, first
    if is_chained(network, workspace, rows, tasks):
        return first, first + rows
    begin, end, _ = _own_panels(workspace, rows, tasks, task)
    step = workspace.width * lanes_of(workspace.deltas)
    return first + begin * step, first + min(rows, end * step)


@scalar
def score_batch(
    network: Network, workspace: Workspace, data: Data, objective: Objective, first: int, rows: int, total_weight: Any, step: int,
    results: Any, tasks: int, task: int,
) -> None:  # fmt: skip
    """Loss and accuracy of the rows, as shares of those of the whole set, to ``results[2 * step]`` and the number after."""
    begin, end, _ = _own_panels(workspace, rows, tasks, task)
    _forward(network, workspace, data, first, rows, total_weight, 1, tasks, task)
    output_delta(objective, network, workspace, data, rows, Span(begin, end))
    meet(workspace.team, tasks, task)
    if task == 0:
        results[2 * step] = total_loss(workspace, rows)
    meet(workspace.team, tasks, task)
    if has_accuracy(objective.code):
        count_hits(objective, network, workspace, data, rows, Span(begin, end))
        meet(workspace.team, tasks, task)
        if task == 0:
            results[2 * step + 1] = total_loss(workspace, rows)
    meet(workspace.team, tasks, task)


@scalar
def write_batch(network: Network, workspace: Workspace, data: Data, first: int, rows: int, results: Any, tasks: int, task: int) -> None:
    """What the output layer gives for the rows, to rows `first` and on of the results."""
    begin, end, _ = _own_panels(workspace, rows, tasks, task)
    _forward(network, workspace, data, first, rows, network.slopes[0], 0, tasks, task)
    write_output(network, workspace, Batch(first, rows, 0, 0, Span(0, 0)), Span(begin, end), results)
    meet(workspace.team, tasks, task)
