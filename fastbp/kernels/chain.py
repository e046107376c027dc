"""Layers whose inputs and rows of W are shared by the tasks, so that W never leaves the core of its owner.

What one core wrote and another reads costs more time than the arithmetic on it: W after each update, and the batch. Here each task
multiplies its inputs, of the batch some columns of all rows, with its rows of W, and later updates these. Each sum begins with the first
task and is handed on from task to task, piece by piece of the layer's units: it stays one chain in the order of the inputs, and all tasks
work at once.
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_OUT, Network, Workspace
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.lanes.panels import lanes_of, piece_of
from fastbp.kernels.places import all_panels
from fastbp.kernels.portions import Span, Task
from fastbp.kernels.team import follow, go_on


@scalar
def forward_chain(network: Network, workspace: Workspace, layer: int, rows: int, inputs: Span, task: Task) -> None:
    """``z[u] += sum_i W[i, u] a[i]`` over the task's inputs of a layer, after the task before; the last one's are complete."""
    n_out, panels = network.table[layer, N_OUT], all_panels(workspace, rows)
    piece = piece_of(n_out, rows, task.tasks, lanes_of(workspace.deltas))
    for u in range(0, n_out, piece):
        if task.number > 0:
            follow(workspace.team, task)
        forward_layer(network, workspace, layer, rows, panels, Span(u, min(n_out, u + piece)), inputs, task.scratch_at)
        go_on(workspace.team, task)
