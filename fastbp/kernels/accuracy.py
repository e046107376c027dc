"""How many rows the network gets right."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.arguments import Data, Network, Objective, Workspace
from fastbp.kernels.codes import HITS, LARGEST, SIDES
from fastbp.kernels.dispatch import by_code
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, vectors_of
from fastbp.kernels.lanes.vector import select, splat
from fastbp.kernels.places import outputs_of
from fastbp.kernels.portions import Outputs, Span


@scalar
def _right_sides(workspace: Workspace, outputs: Outputs) -> Any:
    """How many outputs are on the right side of one half, for a vector of rows; one whose target is missing, NaN, is not."""
    z, t = workspace.activations, workspace.targets
    hits, zero = splat(z, 0), splat(z, 0)
    for j in range(outputs.units):
        above = select(load(z, outputs.at + j * outputs.panel_rows) > 0, 1, zero)
        target = load(t, outputs.targets_at + j * outputs.panel_rows)
        wanted = select(target > 0.5, 1, select(target == target, zero, -1))
        hits = hits + select(wanted == above, 1, zero)
    return hits


@scalar
def _largest_is_right(workspace: Workspace, outputs: Outputs) -> Any:
    """1 where the largest logit is at the largest target, or at the label."""
    z, t, columns = workspace.activations, workspace.targets, outputs.target_columns
    labels = columns == 1 and outputs.units > 1
    wanted = load(t, outputs.targets_at) if labels else _argmax(t, outputs.targets_at, columns, outputs.panel_rows)
    return select(_argmax(z, outputs.at, outputs.units, outputs.panel_rows) == wanted, 1, splat(z, 0))


@scalar
def _argmax(values: Any, at: int, count: int, panel_rows: int) -> Any:
    """The number of the first of the largest of `count` values, as a number of the values' own type."""
    best, largest = load(values, at), splat(values, 0)
    for j in range(1, count):
        value = load(values, at + j * panel_rows)
        larger = value > best
        best, largest = select(larger, value, best), select(larger, j, largest)
    return largest


@scalar
def _unknown(code: int, workspace: Workspace, outputs: Outputs) -> Any:
    """No answers: NaN."""
    return splat(workspace.activations, np.nan)


#: By what is a right answer, what tells how right the outputs of a vector of rows are.
ACCURACIES = {LARGEST: _largest_is_right, SIDES: _right_sides}

_hits_of = by_code(ACCURACIES, _unknown)


@unit(HITS)
def count_hits(objective: Objective, network: Network, workspace: Workspace, data: Data, rows: int, panels: Span) -> None:
    """Replace each row's loss by the number of its right answers."""
    lanes = lanes_of(workspace.activations)
    for v in range(panels.begin * workspace.width, min(panels.end * workspace.width, vectors_of(rows, lanes))):
        outputs = outputs_of(network, workspace, data, v)
        store(workspace.row_losses, outputs.first_row, _hits_of(objective.accuracy, workspace, outputs))
