"""A loss as a unit of its own: the loop over the outputs of a row, and what is around it."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import inlined, naming, scalar
from fastbp.compiling.units import variant
from fastbp.kernels.arguments import Objective, Workspace
from fastbp.kernels.codes import CORE_LOSSES, ERROR, MASKED, QUANTILE
from fastbp.kernels.dispatch import one_of
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.vector import select, splat
from fastbp.kernels.loss import output_delta_of
from fastbp.kernels.portions import Outputs


def add(code: int, losses: Any, *, of_predictions: bool, kept: bool = True) -> None:
    """A loss by what is done with the outputs of a vector of rows: losses(code, objective, workspace, outputs, weight)."""
    with naming(f"loss_{code}"):
        body = output_delta_of(losses, one_of((code,) if of_predictions else (-1,)))
    variant(body, ERROR, code, f"output_delta_{code}", kept=kept)


def add_elementwise(code: int, of: Any, *, of_predictions: bool, kept: bool = True) -> None:
    """A loss by (value, slope) of one output, of(x, t, settings, j), and once more with targets that may be missing."""
    for own, masked in ((code, False), (code + MASKED, True)):
        if own in CORE_LOSSES:
            continue
        with naming(f"loss_{own}"):
            losses = _mean_over_outputs(of, masked, code == QUANTILE)
        add(own, losses, of_predictions=of_predictions, kept=kept)


def _mean_over_outputs(of: Any, masked: bool, shared: bool) -> Any:
    """The loop over outputs: value and slope of each, 0 where a target is missing.

    Where targets are shared, as many outputs as ``settings[0]`` says have one target.
    """

    @inlined
    def target_of(objective: Objective, j: int) -> int:
        return j // int(objective.settings[0]) if shared else j

    @scalar
    def losses(code: int, objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
        values, targets = workspace.activations, workspace.targets
        share, total = weight / outputs.units, splat(values, 0)
        for j in range(outputs.units):
            at = outputs.at + j * outputs.panel_rows
            t = load(targets, outputs.targets_at + target_of(objective, j) * outputs.panel_rows)
            value, slope = of(load(values, at), t, objective.settings, j)
            if masked:
                value, slope = select(t == t, value, 0), select(t == t, slope, 0)
            store(workspace.deltas, at, share * slope)
            total = total + value
        return share * total

    return losses
