"""How tasks share a batch: by its panels, or by the units or inputs of a layer; and whether its gradients are summed in shards."""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_IN, N_OUT, SHAPED, Network, Workspace, units_of, widest
from fastbp.kernels.lanes.panels import lanes_of, panels_cost, shards_of, shares_units, vectors_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.places import all_panels
from fastbp.kernels.portions import Span, Task
from fastbp.kernels.team import share

#: Units whose sums are handed on together where tasks share inputs (``chain.py``): fewer are packed and multiplied more slowly.
UNITS_OF_PIECE = 16
# The least number of such pieces for each task, since the last one waits for a piece of each before it.
_FEWEST = 4
# Inputs for each row from which tasks share those of a layer that is not the first: where its part of so many weights stays in a task's
# second-level cache, and where it does not.
_LEAST_INPUTS, _CACHED, _LEAST_INPUTS_FAR = 3, 1 << 18, 5

_widest, _units_of = scalar(widest), scalar(units_of)


@scalar
def own_panels(workspace: Workspace, rows: int, task: Task) -> Span:
    """The panels of a task, whose losses are its part even where layers are shared by units."""
    return share(all_panels(workspace, rows).end, task, 1)


@scalar
def by_units(network: Network, workspace: Workspace, rows: int, task: Task) -> bool:
    """Whether layers are shared by units."""
    if task.tasks == 1 or rows <= FEW:
        return task.tasks > 1
    lanes = lanes_of(workspace.deltas)
    vectors = vectors_of(rows, lanes)
    cost = panels_cost(vectors * lanes, task.tasks, network.size, _units_of(network))
    return shares_units(vectors, workspace.width, task.tasks, vectors_of(_widest(network), lanes), cost)


@scalar
def is_chained(network: Network, workspace: Workspace, layer: int, rows: int, task: Task) -> bool:
    """Whether tasks share the inputs of a layer; otherwise they share the batch there, or the units."""
    n_in, n_out, tasks, shaped = network.table[layer, N_IN], network.table[layer, N_OUT], task.tasks, network.table[0, SHAPED] != 0
    if tasks == 1 or workspace.training == 0 or (shaped and (layer > 0 or rows <= FEW)):
        return False
    if n_in < tasks * lanes_of(workspace.deltas) or n_out < tasks * _FEWEST * UNITS_OF_PIECE:
        return False
    if rows <= FEW:
        return True
    # Elements that cross: sums and outputs of the layer here; there half of W twice, of the first layer half of W and of the batch once.
    # From how many more there it pays was measured.
    if layer > 0:
        least = _LEAST_INPUTS if n_in * n_out <= tasks * _CACHED else _LEAST_INPUTS_FAR
        return rows * least <= n_in and by_units(network, workspace, rows, task)
    pays: bool = 3 * 3 * rows * n_out <= n_in * (n_out + rows)
    return pays


@scalar
def own_inputs(network: Network, workspace: Workspace, layer: int, rows: int, task: Task) -> Span:
    """The inputs of a layer that a task reads and whose weights it updates: all of them where they are not shared."""
    n_in = network.table[layer, N_IN]
    return share(n_in, task, lanes_of(workspace.deltas)) if is_chained(network, workspace, layer, rows, task) else Span(0, n_in)


@scalar
def shards_in(network: Network, rows: int) -> int:
    """Into how many shards a batch is cut. What lies between layers may be of the whole batch, so that there it is one."""
    return 1 if network.table[0, SHAPED] else shards_of(rows, network.size)
