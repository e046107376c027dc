"""Focal loss over a softmax: of labels and of rows of probabilities."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.activate import exponentials
from fastbp.kernels.arguments import Objective, Workspace
from fastbp.kernels.lanes.elementary import exp_nonpositive
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.vector import select, splat
from fastbp.kernels.loss import logarithm
from fastbp.kernels.portions import Outputs

# Stands for 1 - p where that is 0: its powers are nothing then.
_NONE = 1e-37


@scalar
def categorical_focal(code: int, objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    """``sum_k t_k a_k r_k**gamma s_k``, r = 1 - p and s = -log p; by the logits ``g_j - p_j sum_k g_k``.

    ``g_k = -t_k a_k r_k**gamma (1 + gamma p_k s_k / r_k)`` is p_k times the derivative by p_k.
    """
    if outputs.target_columns == 1:
        return _of_labels(objective, workspace, outputs, weight)
    z, d, t = workspace.activations, workspace.deltas, workspace.targets
    highest, total = exponentials(z, d, outputs.at, outputs.units, outputs.panel_rows)
    log_total = logarithm(workspace, outputs.first_row, total)
    value, pulls = splat(z, 0), splat(z, 0)
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        wanted = load(t, outputs.targets_at + j * outputs.panel_rows) * _factor(objective, j)
        surprise = highest - load(z, at) + log_total
        of_one, pull, _ = _of_one(objective, workspace, outputs.first_row, load(d, at), total, surprise)
        value, pulls = value + wanted * of_one, pulls + wanted * pull
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        wanted = load(t, outputs.targets_at + j * outputs.panel_rows) * _factor(objective, j)
        surprise, e = highest - load(z, at) + log_total, load(d, at)
        _, pull, _ = _of_one(objective, workspace, outputs.first_row, e, total, surprise)
        store(d, at, weight * (wanted * pull - e / total * pulls))
    return weight * value


@scalar
def _of_labels(objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    z, d = workspace.activations, workspace.deltas
    label = load(workspace.targets, outputs.targets_at)
    highest, total = exponentials(z, d, outputs.at, outputs.units, outputs.panel_rows)
    logit, e, factor = splat(z, 0), splat(z, 0), splat(z, 0)
    for j in range(outputs.units):
        here, at = label == j, outputs.at + j * outputs.panel_rows
        logit, e = select(here, load(z, at), logit), select(here, load(d, at), e)
        factor = select(here, _factor(objective, j) + (e - e), factor)
    surprise = highest - logit + logarithm(workspace, outputs.first_row, total)
    value, pull, rest = _of_one(objective, workspace, outputs.first_row, e, total, surprise)
    pull = weight * factor * pull
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        others = load(d, at) / total * pull
        store(d, at, select(label == j, pull * rest, -others))
    return weight * factor * value


@scalar
def _factor(objective: Objective, j: int) -> Any:
    return objective.settings[2 + min(j, int(objective.settings[1]) - 1)]


@scalar
def _of_one(objective: Objective, workspace: Workspace, first_row: int, e: Any, total: Any, surprise: Any) -> Any:
    """``r**gamma s``, g and r for t = a = 1, of a class with p = e / total."""
    gamma = objective.settings[0] + (e - e)
    rest = (total - e) / total
    rest = select(rest > _NONE, rest, _NONE)
    power = exp_nonpositive(gamma * logarithm(workspace, first_row, rest))
    return power * surprise, -power * (1 + gamma * (e / total) * surprise / rest), rest
