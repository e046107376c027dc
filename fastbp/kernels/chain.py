"""Layers whose inputs and rows of W are shared by the tasks, so that W never leaves the core of its owner.

What one core wrote and another reads costs more time than the arithmetic on it: W after each update, and the batch. Here each task
multiplies its inputs, of the batch some columns of all rows, with its rows of W, and later updates these. Each sum begins with the first
task and is handed on from task to task, piece by piece of the layer's units: it stays one chain in the order of the inputs, and all tasks
work at once.
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_IN, N_OUT, SHAPED, Network, Workspace
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import FEW, WIDTH
from fastbp.kernels.places import all_panels
from fastbp.kernels.portions import Span, Task
from fastbp.kernels.sharing import by_units
from fastbp.kernels.team import follow, go_on, share

# Units of a piece: fewer are packed and multiplied more slowly.
_PIECE = 16
# The least number of pieces for each task, since the last one waits for a piece of each before it; and the most.
_FEWEST, _MOST = 4, 8


@scalar
def is_chained(network: Network, workspace: Workspace, layer: int, rows: int, task: Task) -> bool:
    """Whether tasks share the inputs of a layer; otherwise they share the batch there, or the units."""
    n_in, n_out, tasks, shaped = network.table[layer, N_IN], network.table[layer, N_OUT], task.tasks, network.table[0, SHAPED] != 0
    if tasks == 1 or workspace.training == 0 or (shaped and (layer > 0 or rows <= FEW)):
        return False
    if n_in < tasks * lanes_of(workspace.deltas) or n_out < tasks * _FEWEST * _PIECE:
        return False
    if rows <= FEW:
        return True
    # Elements that cross: sums and outputs of the layer here, there half of W twice, or once of W and of the batch. It was seen to pay
    # from two or three times as many there.
    if layer > 0:
        return 9 * rows <= 2 * n_in and by_units(network, workspace, rows, task)
    pays: bool = 3 * 3 * rows * n_out <= n_in * (n_out + rows)
    return pays


@scalar
def own_inputs(network: Network, workspace: Workspace, layer: int, rows: int, task: Task) -> Span:
    """The inputs of a layer that a task reads and whose weights it updates: all of them where they are not shared."""
    n_in = network.table[layer, N_IN]
    return share(n_in, task, lanes_of(workspace.deltas)) if is_chained(network, workspace, layer, rows, task) else Span(0, n_in)


@scalar
def forward_chain(network: Network, workspace: Workspace, layer: int, rows: int, inputs: Span, task: Task) -> None:
    """``z[u] += sum_i W[i, u] a[i]`` over the task's inputs of a layer, after the task before; the last one's are complete."""
    n_out, panels = network.table[layer, N_OUT], all_panels(workspace, rows)
    piece = max(1, n_out // (task.tasks * _MOST * _PIECE)) * _PIECE
    if rows <= FEW:
        piece = WIDTH * lanes_of(workspace.deltas)
    for u in range(0, n_out, piece):
        if task.number > 0:
            follow(workspace.team, task)
        forward_layer(network, workspace, layer, rows, panels, Span(u, min(n_out, u + piece)), inputs, task.scratch_at)
        go_on(workspace.team, task)
