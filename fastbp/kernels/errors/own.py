"""A loss that a user has written as two functions of a prediction and a target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastbp.compiling.jit import inlined, naming
from fastbp.kernels.arguments import Objective, Workspace
from fastbp.kernels.codes import MASKED
from fastbp.kernels.errors.add import add, add_elementwise
from fastbp.kernels.lanes.memory import load
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.portions import Outputs
from fastbp.kernels.written import building_block_of, check_numbers, of_vectors, take_vectors


def add_own(code: int, value: Callable[[Any, Any], Any], derivative: Callable[[Any, Any], Any]) -> None:
    """Take whole vectors where both functions can be compiled for these; else one number after the other."""
    with naming(f"own_loss_{code}"):
        functions = [building_block_of(function) for function in (value, derivative)]
        if take_vectors(functions, 2):
            of_value, of_slope = map(of_vectors, functions)
            both = inlined(lambda x, t, settings, j: (of_value(x, t), of_slope(x, t)))
            add_elementwise(code, both, of_predictions=True, kept=False)
            return
    for function, argument in zip(functions, ("value", "derivative"), strict=True):
        check_numbers(function, f"{argument} of the loss", 2)
    for own, masked in ((code, False), (code + MASKED, True)):
        with naming(f"own_loss_{own}"):
            add(own, _one_by_one(functions[0], functions[1], masked), of_predictions=True, kept=False)


def _one_by_one(of_value: Any, of_slope: Any, masked: bool) -> Any:
    @inlined
    def losses(code: int, objective: Objective, workspace: Workspace, outputs: Outputs, weight: Any) -> Any:
        values, targets, sums = workspace.activations, workspace.targets, workspace.row_losses
        for lane in range(lanes_of(values)):
            share, total = workspace.row_weights[outputs.first_row + lane] / outputs.units, values[outputs.at] - values[outputs.at]
            for j in range(outputs.units):
                place = j * outputs.panel_rows + lane
                x, t = values[outputs.at + place], targets[outputs.targets_at + place]
                present = t == t or not masked
                workspace.deltas[outputs.at + place] = share * of_slope(x, t) if present else 0
                total += of_value(x, t) if present else 0
            sums[outputs.first_row + lane] = share * total
        return load(sums, outputs.first_row)

    return losses
