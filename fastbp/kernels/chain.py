"""Layers whose inputs and rows of W are shared by the tasks, so that W never leaves the core of its owner.

What one core wrote and another reads costs more time than the arithmetic on it: W after each update, and the batch. Here each task
multiplies its inputs, of the batch some columns of all rows, with its rows of W, and later updates these. Each sum begins with the first
task and is handed on from task to task, piece by piece of the layer's units: it stays one chain in the order of the inputs, and all tasks
work at once.
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.kernels.activate import activate
from fastbp.kernels.arguments import N_OUT, Data, Network, Workspace
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.lanes.panels import lanes_of, piece_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.places import all_panels, output_at
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.sharing import by_units, has_units_for_all, is_chained
from fastbp.kernels.source import prefetch_rows
from fastbp.kernels.team import follow, go_on


@scalar
def forward_chain(network: Network, workspace: Workspace, data: Data, batch: Batch, layer: int, inputs: Span, task: Task) -> bool:
    """``z[u] += sum_i W[i, u] a[i]`` over the task's inputs of a layer, after the task before; the last one's are complete.

    They become a[u] = act(z[u]), unless they are left as z (`leaves_z`), which is returned. While a task waits, the first one at its end
    and the others before they begin, it asks for its inputs of the rows that come next.
    """
    n_out, rows, panels = network.table[layer, N_OUT], batch.rows, all_panels(workspace, batch.rows)
    piece = piece_of(n_out, rows, task.tasks, lanes_of(workspace.deltas))
    ahead = batch.ahead if layer == 0 else Span(0, 0)
    is_z = leaves_z(network, workspace, layer, rows, task)
    # Of a network that ends here the logits are left.
    to_here = Network(layer + 1 if is_z else network.layers, network.size, network.table, network.layer_settings, network.parameters)
    if task.number > 0:
        prefetch_rows(data, ahead, inputs)
    for u in range(0, n_out, piece):
        if task.number > 0:
            follow(workspace.team, task)
        forward_layer(to_here, workspace, layer, rows, panels, Span(u, min(n_out, u + piece)), inputs, task.scratch_at)
        go_on(workspace.team, task)
    if task.number == 0:
        prefetch_rows(data, ahead, inputs)
    return is_z


@scalar
def leaves_z(network: Network, workspace: Workspace, layer: int, rows: int, task: Task) -> bool:
    """Whether a chain leaves the activation to the tasks, each for its own panels, since they read these alone and all have some."""
    if rows <= FEW or layer + 1 == network.layers or all_panels(workspace, rows).end < task.tasks:
        return False
    above = layer + 1
    if is_chained(network, workspace, above, rows, task):
        return False
    return not (by_units(network, workspace, rows, task) and has_units_for_all(network, above, rows, task))


@scalar
def activate_panels(network: Network, workspace: Workspace, layer: int, panels: Span) -> None:
    """The z that a chain has left of some panels becomes a."""
    for p in range(panels.begin, panels.end):
        activate(network, workspace, layer, output_at(network, workspace, layer, p, 0), network.table[layer, N_OUT] * workspace.width)
