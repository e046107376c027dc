"""Networks with normalisation, dropout or noise: what lies between two layers, in passes of its own.

    z = a W + b,  y = normalised(z),  a' = dropped(act(y))        and back:  dL/dy = dL/da' d,  d = act'(y) times the same mask

The forward pass leaves d where the deltas will be. A few rows, whose units lie row by row, go to a panel for it and back.
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.activate import activate, multiply_by_derivative
from fastbp.kernels.arguments import ACTIVATION, N_IN, N_OUT, NORM, Call, Network, Rule, Workspace
from fastbp.kernels.chain import forward_chain
from fastbp.kernels.codes import (
    BATCH_NORM,
    LAYER_NORM,
    NO_NORM,
    SHAPED_DELTA,
    SHAPED_FORWARD,
    SHAPED_GRADIENT,
    keeps_derivative,
)
from fastbp.kernels.delta import hidden_delta
from fastbp.kernels.dropout import drop_units, shape_inputs
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.gather import gather_batch
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.lanes.vector import splat
from fastbp.kernels.normalize import (
    SCALE_GRADIENTS,
    SCALES,
    SHIFT_GRADIENTS,
    SHIFTS,
    back_over_rows,
    back_over_units,
    gradients_over_units,
    normalize_by_averages,
    normalize_over_rows,
    normalize_over_units,
    of_unit,
)
from fastbp.kernels.places import all_panels, output_at, vector_at, vectors_in
from fastbp.kernels.portions import Batch, Block, Span, Task
from fastbp.kernels.sharing import by_units, is_chained, own_inputs, own_panels
from fastbp.kernels.team import meet, share
from fastbp.kernels.turn import to_panel, to_rows, turn
from fastbp.kernels.update import update_block

_keeps_derivative = scalar(keeps_derivative)


@unit(SHAPED_FORWARD)
def shaped_forward(call: Call, batch: Batch, targets: int, task: Task) -> None:
    """The batch gathered and passed through all layers; at the end a task may read its own panels."""
    network, workspace, rows = call.network, call.workspace, batch.rows
    panels, shared, every = own_panels(workspace, rows, task), by_units(network, workspace, rows, task), all_panels(workspace, rows)
    chained, own = is_chained(network, workspace, 0, rows, task), own_inputs(network, workspace, 0, rows, task)
    gather_batch(call.data, workspace, batch, panels, own, targets, task)
    if workspace.training:
        shape_inputs(call, batch, every if chained else panels, own, task)
    for layer in range(network.layers):
        inputs, n_out = Span(0, network.table[layer, N_IN]), network.table[layer, N_OUT]
        if layer == 0 and chained:
            forward_chain(network, workspace, call.data, batch, 0, own, task)
            meet(workspace.team, task)
        elif shared:
            meet(workspace.team, task)
            forward_layer(network, workspace, layer, rows, every, share(n_out, task, lanes_of(workspace.deltas)), inputs, task.scratch_at)
        else:
            forward_layer(network, workspace, layer, rows, panels, Span(0, n_out), inputs, task.scratch_at)
        if layer < network.layers - 1:
            _forth(call, batch, layer, task)
    if shared:
        meet(workspace.team, task)


@scalar
def _forth(call: Call, batch: Batch, layer: int, task: Task) -> None:
    """From logits to what the next layer reads: of the task's units where the batch is normalised, else of its panels."""
    network, workspace, rows = call.network, call.workspace, batch.rows
    panels, units, norm = own_panels(workspace, rows, task), Span(0, network.table[layer, N_OUT]), network.table[layer, NORM]
    across = norm == BATCH_NORM and workspace.training != 0
    if across or by_units(network, workspace, rows, task):
        meet(workspace.team, task)
    if across:
        panels, units = all_panels(workspace, rows), share(units.end, task, lanes_of(workspace.deltas))
        normalize_over_rows(call, batch, layer, units, task)
    elif norm == BATCH_NORM:
        normalize_by_averages(call, batch, layer, panels)
    elif norm == LAYER_NORM:
        normalize_over_units(call, batch, layer, panels)
    for p in range(panels.begin, panels.end):
        _activate(call, batch, layer, p, units)
    if rows <= FEW and panels.begin < panels.end:
        to_rows(network, workspace, workspace.activations, layer, rows, units)
    if across:
        meet(workspace.team, task)


@scalar
def _activate(call: Call, batch: Batch, layer: int, panel: int, units: Span) -> None:
    """Activation and dropout of some units of a panel; in training the derivative of both is left where the deltas will be."""
    network, workspace, lanes = call.network, call.workspace, lanes_of(call.workspace.deltas)
    at, vectors = output_at(network, workspace, layer, panel, units.begin), (units.end - units.begin) * workspace.width
    activate(network, workspace, layer, at, vectors)
    if workspace.training:
        if not _keeps_derivative(network.table[layer, ACTIVATION]):
            for i in range(at, at + vectors * lanes, lanes):
                store(workspace.derivatives, i, splat(workspace.derivatives, 1))
            multiply_by_derivative(network, _onto_derivatives(workspace), layer, at, vectors)
        drop_units(call, batch, layer, panel, units)


@scalar
def _onto_derivatives(workspace: Workspace) -> Workspace:
    """The same workspace for who multiplies deltas, with the derivatives in their place."""
    w = workspace
    return Workspace(
        w.capacity, w.width, w.training, w.few, w.activations, w.derivatives, w.derivatives, w.turned, w.targets, w.row_weights,
        w.row_losses, w.vector_losses, w.scratch, w.team, w.units,
    )  # fmt: skip


@unit(SHAPED_DELTA)
def shaped_delta(call: Call, batch: Batch, task: Task) -> None:
    """The deltas of all hidden layers, from those of the output layer."""
    network, workspace, rows = call.network, call.workspace, batch.rows
    panels, shared, every = own_panels(workspace, rows, task), by_units(network, workspace, rows, task), all_panels(workspace, rows)
    for layer in range(network.layers - 1, 0, -1):
        n_in = network.table[layer, N_IN]
        if shared:
            meet(workspace.team, task)
            own = share(n_in, task, lanes_of(workspace.deltas))
            hidden_delta(network, workspace, layer, rows, every, own, task.scratch_at)
        else:
            hidden_delta(network, workspace, layer, rows, panels, Span(0, n_in), task.scratch_at)
        _back(call, batch, layer - 1, task)


@scalar
def _back(call: Call, batch: Batch, layer: int, task: Task) -> None:
    """From dL/da to dL/dz, of the task's units or panels as in `_forth`."""
    network, workspace, rows = call.network, call.workspace, batch.rows
    panels, units, norm = own_panels(workspace, rows, task), Span(0, network.table[layer, N_OUT]), network.table[layer, NORM]
    shared = by_units(network, workspace, rows, task)
    if norm == BATCH_NORM or shared:
        meet(workspace.team, task)
    if norm == BATCH_NORM:
        panels, units = all_panels(workspace, rows), share(units.end, task, lanes_of(workspace.deltas))
    if rows <= FEW and panels.begin < panels.end:
        to_panel(network, workspace, workspace.deltas, layer, units)
    for p in range(panels.begin, panels.end):
        _multiply(network, workspace, output_at(network, workspace, layer, p, units.begin), (units.end - units.begin) * workspace.width)
    if norm == BATCH_NORM:
        back_over_rows(call, batch, layer, units, task)
    elif norm == LAYER_NORM:
        back_over_units(call, batch, layer, panels)
    if rows > FEW:
        for p in range(panels.begin, panels.end):
            turn(network, workspace, layer, p, units.begin, units.end - units.begin, vectors_in(workspace, rows, p))
    elif panels.begin < panels.end:
        to_rows(network, workspace, workspace.deltas, layer, rows, units)
    if norm == BATCH_NORM and not shared:
        meet(workspace.team, task)


@scalar
def _multiply(network: Network, workspace: Workspace, at: int, vectors: int) -> None:
    """Deltas times the derivatives that wait for them."""
    deltas, derivatives, lanes = workspace.deltas, workspace.derivatives, lanes_of(workspace.deltas)
    for i in range(at, at + vectors * lanes, lanes):
        store(deltas, i, load(deltas, i) * load(derivatives, i))


@unit(SHAPED_GRADIENT)
def shape_gradients(call: Call, rule: Rule, batch: Batch, task: Task) -> None:
    """The gradients of the task's scales and shifts, given to the update."""
    network, workspace, statistics = call.network, call.workspace, call.shaping.statistics
    for layer in range(network.layers):
        units = share(network.table[layer, N_OUT], task, lanes_of(statistics))
        count = units.end - units.begin
        if network.table[layer, NORM] == NO_NORM or count == 0:
            continue
        if network.table[layer, NORM] == LAYER_NORM:
            gradients_over_units(call, batch, layer, units, task)
        for vector, number in ((SCALES, SCALE_GRADIENTS), (SHIFTS, SHIFT_GRADIENTS)):
            block = Block(vector_at(network, layer, vector) + units.begin, 0, 1, count)
            update_block(network, workspace, rule, batch, block, Matrix(statistics, of_unit(network, number, layer, units.begin), 0))
