"""How many rows the network gets right."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar, unit
from fastbp.kernels.arguments import COLUMNS, N_OUT, TARGETS, UNITS_OUT, Data, Network, Workspace
from fastbp.kernels.codes import BINARY_CROSS_ENTROPY, HITS
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, vectors_of
from fastbp.kernels.lanes.vector import select, splat
from fastbp.kernels.loss import sum_vector


@unit(HITS)
def count_hits(loss: int, network: Network, workspace: Workspace, data: Data, rows: int, begin: int, end: int) -> None:
    """Replace each row's loss by its weighted accuracy, for panels `begin` to `end`.

    That is: largest logit at the largest target, or the share of outputs on the right side of one half.
    """
    last = network.layers - 1
    columns, width = network.table[last, N_OUT], data.sources[TARGETS, COLUMNS]
    z, t, lanes = workspace.activations, workspace.targets, lanes_of(workspace.activations)
    step = workspace.width * lanes
    base = workspace.capacity * network.table[last, UNITS_OUT]
    for v in range(begin * workspace.width, min(end * workspace.width, vectors_of(rows, lanes))):
        panel, lane = v // workspace.width, v % workspace.width * lanes
        place, target = base + panel * step * columns + lane, panel * step * width + lane
        if loss == BINARY_CROSS_ENTROPY:
            hits = _share_of_sides(z, place, t, target, columns, step)
        else:
            wanted = load(t, target) if width == 1 and columns > 1 else _argmax(t, target, width, step)
            hits = select(_argmax(z, place, columns, step) == wanted, 1, splat(z, 0))
        store(workspace.row_losses, v * lanes, hits * load(workspace.row_weights, v * lanes))
        sum_vector(workspace, v, rows)


@scalar
def _share_of_sides(z: Any, place: int, t: Any, target: int, columns: int, step: int) -> Any:
    hits, zero = splat(z, 0), splat(z, 0)
    for j in range(columns):
        above = select(load(z, place + j * step) > 0, 1, zero)
        hits = hits + select(select(load(t, target + j * step) > 0.5, 1, zero) == above, 1, zero)
    return hits / columns


@scalar
def _argmax(values: Any, place: int, columns: int, step: int) -> Any:
    """The first place of the largest, as a number of the values' own type."""
    best, at = load(values, place), splat(values, 0)
    for j in range(1, columns):
        value = load(values, place + j * step)
        larger = value > best
        best, at = select(larger, value, best), select(larger, j, at)
    return at
