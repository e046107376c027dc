"""How many rows the network gets right."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar, unit
from fastbp.kernels.arguments import COLUMNS, TARGETS, Data, Network, Objective, Outputs, Span, Workspace
from fastbp.kernels.codes import BINARY_CROSS_ENTROPY, HITS
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, vectors_of
from fastbp.kernels.lanes.vector import select, splat
from fastbp.kernels.loss import sum_vector
from fastbp.kernels.places import outputs_of


@unit(HITS)
def count_hits(objective: Objective, network: Network, workspace: Workspace, data: Data, rows: int, panels: Span) -> None:
    """Replace each row's loss by its weighted accuracy.

    That is: largest logit at the largest target, or the share of outputs on the right side of one half.
    """
    z, t, lanes = workspace.activations, workspace.targets, lanes_of(workspace.activations)
    width = data.sources[TARGETS, COLUMNS]
    for v in range(panels.begin * workspace.width, min(panels.end * workspace.width, vectors_of(rows, lanes))):
        outputs = outputs_of(network, workspace, data, v)
        if objective.code == BINARY_CROSS_ENTROPY:
            hits = _share_of_sides(z, t, outputs)
        else:
            labels = width == 1 and outputs.units > 1
            wanted = load(t, outputs.targets_at) if labels else _argmax(t, outputs.targets_at, width, outputs.panel_rows)
            hits = select(_argmax(z, outputs.at, outputs.units, outputs.panel_rows) == wanted, 1, splat(z, 0))
        store(workspace.row_losses, outputs.first_row, hits * load(workspace.row_weights, outputs.first_row))
        sum_vector(workspace, v, rows)


@scalar
def _share_of_sides(z: Any, t: Any, outputs: Outputs) -> Any:
    hits, zero = splat(z, 0), splat(z, 0)
    for j in range(outputs.units):
        above = select(load(z, outputs.at + j * outputs.panel_rows) > 0, 1, zero)
        wanted = select(load(t, outputs.targets_at + j * outputs.panel_rows) > 0.5, 1, zero)
        hits = hits + select(wanted == above, 1, zero)
    return hits / outputs.units


@scalar
def _argmax(values: Any, at: int, count: int, panel_rows: int) -> Any:
    """The number of the first of the largest of `count` values, as a number of the values' own type."""
    best, largest = load(values, at), splat(values, 0)
    for j in range(1, count):
        value = load(values, at + j * panel_rows)
        larger = value > best
        best, largest = select(larger, value, best), select(larger, j, largest)
    return largest
