"""Cross-entropy with targets drawn towards the uniform distribution: ``(1 - s) t + s / K``, of labels and of rows of probabilities."""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.activate import exponentials
from fastbp.kernels.arguments import Objective, Workspace
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.vector import select, splat
from fastbp.kernels.portions import Outputs


@scalar
def smoothed_cross_entropy(code: int, objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    """``-sum_k t'_k log p_k`` with t' the smoothed targets, and ``mass p - t'`` by the logits."""
    z, d = workspace.activations, workspace.deltas
    highest, total = exponentials(z, d, outputs.at, outputs.units, outputs.panel_rows)
    mass, distance = splat(z, 0), splat(z, 0)
    for j in range(outputs.units):
        wanted = _target(objective, workspace, outputs, j)
        mass = mass + wanted
        distance = distance + wanted * (highest - load(z, outputs.at + j * outputs.panel_rows))
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        store(d, at, weight * (mass * load(d, at) / total - _target(objective, workspace, outputs, j)))
    losses = workspace.row_losses
    store(losses, outputs.first_row, total)
    for r in range(outputs.first_row, outputs.first_row + lanes_of(losses)):
        losses[r] = math.log(losses[r])
    return weight * (distance + mass * load(losses, outputs.first_row))


@scalar
def _target(objective: Objective, workspace: Workspace, outputs: Outputs, j: int) -> Any:
    targets = workspace.targets
    smoothing = splat(targets, objective.settings[0])
    if outputs.target_columns == 1:
        wanted = select(load(targets, outputs.targets_at) == j, 1, splat(targets, 0))
    else:
        wanted = load(targets, outputs.targets_at + j * outputs.panel_rows)
    return (1 - smoothing) * wanted + smoothing / outputs.units
