"""Losses as scikit-learn reports them, for `fastbp.sklearn`.

Probabilities p are cut off at epsilon and at 1 - epsilon, the settings' first number, and have the digits that p itself has lost; the
gradients are those without the cut. Of squares it reports half the mean over outputs, and the gradients are those of half the sum.
"""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.activate import exponentials
from fastbp.kernels.arguments import Objective, Workspace
from fastbp.kernels.errors.elementwise import softplus
from fastbp.kernels.lanes.elementary import exp_nonpositive, log1p_unit, sigmoid
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.vector import absolute, select, splat
from fastbp.kernels.loss import logarithm
from fastbp.kernels.portions import Outputs


@scalar
def clipped_cross_entropy(code: int, objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
    """``-log max(epsilon, p)`` with p that of the label, by softmax."""
    z, d = workspace.activations, workspace.deltas
    label = load(workspace.targets, outputs.targets_at)
    highest, total = exponentials(z, d, outputs.at, outputs.units, outputs.panel_rows)
    scale, wanted = weight / total, splat(z, 0)
    for j in range(outputs.units):
        at = outputs.at + j * outputs.panel_rows
        here = label == j
        scaled = load(d, at) * scale
        store(d, at, select(here, scaled - weight, scaled))
        wanted = select(here, load(z, at), wanted)
    value, most = (highest - wanted) + logarithm(workspace, outputs.first_row, total), splat(z, -math.log(objective.settings[0]))
    return weight * select(value > most, most, value)


@scalar
def clipped_binary_cross_entropy(x: Any, t: Any, settings: Any, j: int) -> Any:
    """``-t log p - (1 - t) log(1 - p)`` with p = sigmoid(x), of one output."""
    epsilon = settings[0] + (t - t)
    most = epsilon - epsilon - math.log(settings[0])
    yes, no = softplus(-x), softplus(x)
    # 1 - p as it is where p has been rounded, and as it would be.
    e = exp_nonpositive(-absolute(x))
    rest = select(x > 0, 1 - 1 / (1 + e), 1)
    kept = rest > epsilon
    ratio = select(kept, select(x > 0, rest * (1 + e) / select(e > 0, e, 1), 1), 1)
    above, below = select(ratio > 1, ratio, 1) - 1, 1 / select(ratio < 1, ratio, 1) - 1
    no = no - log1p_unit(select(above < 1, above, 1)) + log1p_unit(select(below < 1, below, 1))
    yes, no = select(yes > most, most, yes), select(kept, select(no > most, most, no), most)
    return t * yes + (1 - t) * no, sigmoid(x) - t


@scalar
def half_squared_error(x: Any, t: Any, settings: Any, j: int) -> Any:
    """``(x - t)**2 / 2`` of one output, with the number of outputs, `settings[0]`, in the slope."""
    e = x - t
    return 0.5 * e * e, settings[0] * e
