"""What one task of a run does with a batch: which layers, panels and patches are its own, and where it waits for the others.

A long batch is shared by its panels: forward and delta of a row need no other row. When there are fewer panels than tasks, each takes a
range of the units of every layer instead, and they meet after each layer. Gradients are shared by patches of the weights, or, when the
batch is long and the network small, by shards of the batch. What the first layer reads may be shared by inputs (``chain.py``).
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit_elsewhere
from fastbp.kernels.accuracy import count_hits
from fastbp.kernels.arguments import INPUTS, N_IN, N_OUT, SHAPED, Call, Network, Rule, Workspace
from fastbp.kernels.chain import activate_panels, forward_chain
from fastbp.kernels.codes import (
    NO_ACCURACY,
    NO_UPDATE,
    SCORE,
    SCORE_PREDICTIONS,
    SHAPED_DELTA,
    SHAPED_FORWARD,
    SHAPED_GRADIENT,
)
from fastbp.kernels.delta import hidden_delta
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.gather import gather_batch
from fastbp.kernels.gradient import weight_gradients
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import SHARD
from fastbp.kernels.loss import output_delta, total_loss
from fastbp.kernels.outputs import write_output
from fastbp.kernels.places import all_panels, panel_rows_of
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.sharing import by_units, has_units_for_all, is_chained, own_inputs, own_panels, shards_in
from fastbp.kernels.source import row_bytes
from fastbp.kernels.team import meet, share
from fastbp.kernels.update import add_shards

# Of networks with something between their layers (``shaped.py``).
shaped_forward = unit_elsewhere(SHAPED_FORWARD, "call", "batch", "targets", "task")
shaped_delta = unit_elsewhere(SHAPED_DELTA, "call", "batch", "task")
shape_gradients = unit_elsewhere(SHAPED_GRADIENT, "call", "rule", "batch", "task")

# Bytes of rows fetched ahead: a part of the second-level cache.
_AHEAD = 1 << 18


@scalar
def train_on_batch(call: Call, batch: Batch, task: Task) -> None:
    """One step: ``results[step]`` = the loss of the batch, and the parameters changed by its gradient."""
    network, workspace = call.network, call.workspace
    shards = shards_in(network, batch.rows)
    if shards == 1:
        batch = looking_ahead(call, batch, task)
        forward_and_delta(call, batch, task)
        weight_gradients(network, workspace, call.data, call.rule, batch, Span(0, batch.rows), Span(0, network.layers), task)
        if network.table[0, SHAPED]:
            shape_gradients(call, call.rule, batch, task)
    else:
        train_on_shards(call, batch, shards, task)
        meet(workspace.team, task)
        parameters = share(network.size, task, lanes_of(network.parameters))
        add_shards(network, workspace, call.rule, batch, shards, parameters, task.scratch_at)
    if task.number == 0:
        call.results[batch.step] = total_loss(workspace, batch.rows)
    meet(workspace.team, task)


@scalar
def train_on_shards(call: Call, batch: Batch, shards: int, task: Task) -> None:
    """Forward, delta and gradient of a task's shards, one after another in the place of its first, which so stays in the cache.

    That one is the last, so that it may leave its losses there. In the last step of a run each row has its own place: others look there.
    """
    own = share(shards, task, 1)
    for shard in range(own.end - 1, own.begin - 1, -1):
        begin, end = shard * SHARD, (shard + 1) * SHARD
        moved = begin - own.begin * SHARD if end <= batch.rows and batch.step + 1 < call.steps else 0
        rows = Span(begin - moved, min(batch.rows, end) - moved)
        _train_on_shard(call, Batch(batch.order_begin + moved, batch.rows, batch.step, shard, batch.ahead), rows, task)
        if moved > 0:
            _move_losses(call.workspace, rows, moved)


@scalar
def _move_losses(workspace: Workspace, rows: Span, moved: int) -> None:
    """The losses of some rows to where they belong in the batch."""
    losses, lanes = workspace.vector_losses, lanes_of(workspace.row_losses)
    for v in range(rows.begin // lanes, rows.end // lanes):
        losses[v + moved // lanes] = losses[v]


@scalar
def _train_on_shard(call: Call, batch: Batch, rows: Span, task: Task) -> None:
    network, workspace, data, alone = call.network, call.workspace, call.data, Task(0, 1, task.scratch_at)
    panels = Span(rows.begin // panel_rows_of(workspace), all_panels(workspace, rows.end).end)
    inputs = Span(0, network.table[0, N_IN])
    gather_batch(data, workspace, batch, panels, inputs, 1, alone)
    for layer in range(network.layers):
        n_in, n_out = network.table[layer, N_IN], network.table[layer, N_OUT]
        forward_layer(network, workspace, layer, batch.rows, panels, Span(0, n_out), Span(0, n_in), task.scratch_at)
    output_delta(call.objective, network, workspace, data, batch.rows, panels)
    for layer in range(network.layers - 1, 0, -1):
        hidden_delta(network, workspace, layer, batch.rows, panels, Span(0, network.table[layer, N_IN]), task.scratch_at)
    weight_gradients(network, workspace, data, keeping(call.rule), batch, rows, Span(0, network.layers), alone)


@scalar
def keeping(rule: Rule) -> Rule:
    """What keeps the gradients where a rule would look for them."""
    return Rule(NO_UPDATE, 0, 0, rule.rates, rule.gradients, rule.slots)


@scalar
def forward_and_delta(call: Call, batch: Batch, task: Task) -> None:
    """All that comes before the gradient; at its end all tasks have met."""
    network, workspace = call.network, call.workspace
    panels = own_panels(workspace, batch.rows, task)
    forward_batch(call, batch, 1, task)
    output_delta(call.objective, network, workspace, call.data, batch.rows, panels)
    if network.table[0, SHAPED]:
        shaped_delta(call, batch, task)
    else:
        hidden_deltas(network, workspace, batch.rows, Span(0, network.layers - 1), panels, task)
    meet(workspace.team, task)


@scalar
def hidden_deltas(network: Network, workspace: Workspace, rows: int, layers: Span, panels: Span, task: Task) -> None:
    """Those of some hidden layers, the last one first, whose next one has its own already."""
    shared = by_units(network, workspace, rows, task)
    for layer in range(layers.end, layers.begin, -1):
        n_in = network.table[layer, N_IN]
        if shared:
            meet(workspace.team, task)
            own = share(n_in, task, lanes_of(workspace.deltas))
            hidden_delta(network, workspace, layer, rows, all_panels(workspace, rows), own, task.scratch_at)
        else:
            hidden_delta(network, workspace, layer, rows, panels, Span(0, n_in), task.scratch_at)


@scalar
def forward_batch(call: Call, batch: Batch, targets: int, task: Task) -> None:
    """The batch gathered and passed through all layers; at the end a task may read its own panels."""
    network, workspace, rows = call.network, call.workspace, batch.rows
    if network.table[0, SHAPED]:
        shaped_forward(call, batch, targets, task)
        return
    panels, shared = own_panels(workspace, rows, task), by_units(network, workspace, rows, task)
    gather_batch(call.data, workspace, batch, panels, own_inputs(network, workspace, 0, rows, task), targets, task)
    # Whether the task now reads what the others have left, and whether that is z.
    elsewhere, is_z = shared and not is_chained(network, workspace, 0, rows, task), False
    for layer in range(network.layers):
        inputs, n_out = own_inputs(network, workspace, layer, rows, task), network.table[layer, N_OUT]
        if elsewhere:
            meet(workspace.team, task)
        if is_z:
            activate_panels(network, workspace, layer - 1, panels)
            is_z = False
        if inputs.end - inputs.begin < network.table[layer, N_IN]:
            elsewhere, is_z = True, forward_chain(network, workspace, call.data, batch, layer, inputs, task)
        elif shared and has_units_for_all(network, layer, rows, task):
            units = share(n_out, task, lanes_of(workspace.deltas))
            forward_layer(network, workspace, layer, rows, all_panels(workspace, rows), units, inputs, task.scratch_at)
            elsewhere = True
        else:
            forward_layer(network, workspace, layer, rows, panels, Span(0, n_out), inputs, task.scratch_at)
            elsewhere = shared and layer < network.layers - 1
    if elsewhere:
        meet(workspace.team, task)


@scalar
def looking_ahead(call: Call, batch: Batch, task: Task) -> Batch:
    """The batch with the places in the order of the task's rows of the next one.

    They are none at the end of the order, and none that would not fit a cache.
    """
    workspace, begin = call.workspace, batch.order_begin + batch.rows
    rows, ahead = min(call.batch_size, call.data.rows - begin), Span(begin, begin)
    if rows > 0 and rows // task.tasks * row_bytes(call.data.sources[INPUTS]) <= _AHEAD:
        if is_chained(call.network, workspace, 0, rows, task):
            ahead = Span(begin, begin + rows)
        else:
            panels, panel_rows = own_panels(workspace, rows, task), panel_rows_of(workspace)
            ahead = Span(begin + panels.begin * panel_rows, begin + min(rows, panels.end * panel_rows))
    return Batch(batch.order_begin, batch.rows, batch.step, batch.shard, ahead)


@scalar
def score_batch(call: Call, batch: Batch, task: Task) -> None:
    """``results[i]`` and ``results[data.rows + i]`` = loss and number of right answers of the row at place i of the order.

    Where outputs are asked for these come first, row by row, and then the losses.
    """
    network, workspace, at = call.network, call.workspace, batch.order_begin
    if call.kind != SCORE:
        at += call.data.rows * network.table[network.layers - 1, N_OUT]
    panels = own_panels(workspace, batch.rows, task)
    forward_batch(call, batch, 1, task)
    output_delta(call.objective, network, workspace, call.data, batch.rows, panels)
    _write_of_rows(call, batch, panels, at)
    if call.objective.accuracy != NO_ACCURACY:
        count_hits(call.objective, network, workspace, call.data, batch.rows, panels)
        _write_of_rows(call, batch, panels, call.data.rows + at)
    if call.kind != SCORE:
        write_output(network, workspace, batch, panels, call.results, call.kind == SCORE_PREDICTIONS)
    meet(workspace.team, task)


@scalar
def _write_of_rows(call: Call, batch: Batch, panels: Span, at: int) -> None:
    panel_rows = panel_rows_of(call.workspace)
    for r in range(panels.begin * panel_rows, min(panels.end * panel_rows, batch.rows)):
        call.results[at + r] = call.workspace.row_losses[r]


@scalar
def write_batch(call: Call, batch: Batch, task: Task) -> None:
    """What the output layer gives for the batch, to the rows of the results that have the places of its rows in the order."""
    forward_batch(call, batch, 0, task)
    panels = own_panels(call.workspace, batch.rows, task)
    write_output(call.network, call.workspace, batch, panels, call.results, 0)
    meet(call.workspace.team, task)
