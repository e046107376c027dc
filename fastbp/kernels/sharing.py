"""How tasks share a batch: by its panels, or by the units or inputs of a layer; and whether its gradients are summed in shards."""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_IN, N_OUT, SHAPED, Network, Workspace, units_of, widest
from fastbp.kernels.lanes.panels import lanes_of, panels_cost, shards_of, shares_inputs, shares_units, vectors_of
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.places import all_panels
from fastbp.kernels.portions import Span, Task
from fastbp.kernels.team import share

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
    shaped = network.table[0, SHAPED] != 0
    if workspace.training == 0 or (shaped and (layer > 0 or rows <= FEW)):
        return False
    n_in, n_out = network.table[layer, N_IN], network.table[layer, N_OUT]
    if not shares_inputs(layer == 0, n_in, n_out, rows, task.tasks, lanes_of(workspace.deltas)):
        return False
    return layer == 0 or by_units(network, workspace, rows, task)


@scalar
def has_units_for_all(network: Network, layer: int, rows: int, task: Task) -> bool:
    """Whether tasks that share units share those of a layer. If it has too few for all, they share its panels, which a few rows lack."""
    return rows <= FEW or network.table[layer, N_OUT] >= task.tasks * lanes_of(network.parameters)


@scalar
def own_inputs(network: Network, workspace: Workspace, layer: int, rows: int, task: Task) -> Span:
    """The inputs of a layer that a task reads and whose weights it updates: all of them where they are not shared."""
    n_in = network.table[layer, N_IN]
    return share(n_in, task, lanes_of(workspace.deltas)) if is_chained(network, workspace, layer, rows, task) else Span(0, n_in)


@scalar
def shards_in(network: Network, rows: int) -> int:
    """Into how many shards a batch is cut. What lies between layers may be of the whole batch, so that there it is one."""
    return 1 if network.table[0, SHAPED] else shards_of(rows, network.size)
