"""Cross-entropy with targets drawn towards the uniform distribution: ``(1 - s) t + s / K``, of labels and of rows of probabilities."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.activate import exponentials
from fastbp.kernels.arguments import Objective, Workspace
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.vector import select, splat
from fastbp.kernels.loss import logarithm
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
    return weight * (distance + mass * logarithm(workspace, outputs.first_row, total))


@scalar
def _target(objective: Objective, workspace: Workspace, outputs: Outputs, j: int) -> Any:
    targets = workspace.targets
    smoothing = splat(targets, objective.settings[0])
    if outputs.target_columns == 1:
        wanted = select(load(targets, outputs.targets_at) == j, 1, splat(targets, 0))
    else:
        wanted = load(targets, outputs.targets_at + j * outputs.panel_rows)
    return (1 - smoothing) * wanted + smoothing / outputs.units
