"""What is random in a training step: units left out, and noise on the inputs.

    a = 0 with probability p, a / (1 - p) otherwise          (N. Srivastava et al., JMLR 15, 2014)
    x = x + deviation e, e normal

Each number is that of (seed, step, layer, row of the batch, unit), so that it does not matter which task asks for it, or when.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_IN, Call, Network
from fastbp.kernels.codes import DROPOUT, DROPOUT_OF_STEP, INPUT_DROPOUT, INPUT_NOISE
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, row_length
from fastbp.kernels.lanes.random import gaussian, stream, uniform
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.lanes.vector import select
from fastbp.kernels.places import input_at, output_at, panel_rows_of, vectors_in
from fastbp.kernels.portions import Batch, Span, Task
from fastbp.kernels.team import share

#: What the numbers of a step are for: noise and dropout of the inputs, and from the third on dropout of each layer's units.
NOISE, INPUTS, UNITS = range(3)


@scalar
def shape_inputs(call: Call, batch: Batch, panels: Span, inputs: Span, task: Task) -> None:
    """Noise and dropout of some inputs of some panels; of a few rows those of the task's share."""
    network, workspace, step = call.network, call.workspace, call.shaping.first_step + batch.step
    if network.layer_settings[0, INPUT_NOISE] == 0 and network.layer_settings[0, INPUT_DROPOUT] == 0:
        return
    keys = stream(call.shaping.key, step, NOISE), stream(call.shaping.key, step, INPUTS)
    values, lanes, panel_rows = workspace.activations, lanes_of(workspace.activations), panel_rows_of(workspace)
    if batch.rows <= FEW:
        own, row = share(network.table[0, N_IN], task, lanes), row_length(network.table[0, N_IN], lanes)
        for r in range(batch.rows):
            for i in range(own.begin, own.end, lanes):
                _shape_vector(network, values, workspace.few + r * row + i, keys, r, i, 0)
        return
    for p in range(panels.begin, panels.end):
        for v in range(vectors_in(workspace, batch.rows, p)):
            for i in range(inputs.begin, inputs.end):
                at = input_at(network, workspace, 0, p, i) + v * lanes
                _shape_vector(network, values, at, keys, p * panel_rows + v * lanes, i, 1)


@scalar
def _shape_vector(network: Network, values: Any, at: int, keys: Any, row: int, unit: int, along_rows: int) -> None:
    deviation, rate = network.layer_settings[0, INPUT_NOISE], network.layer_settings[0, INPUT_DROPOUT]
    x = load(values, at)
    if deviation > 0:
        x = x + deviation * gaussian(values, keys[0], row, unit, along_rows)
    if rate > 0:
        x = x * select(uniform(values, keys[1], row, unit, along_rows) < rate, 0, _factor(rate))
    store(values, at, x)


@scalar
def _factor(rate: Any) -> Any:
    """What is left is multiplied with, so that the mean stays."""
    one = type(rate)(1)
    return one / (one - rate)


@scalar
def drop_units(call: Call, batch: Batch, layer: int, panel: int, units: Span) -> None:
    """Some units of a panel, and the derivatives that wait for their deltas, times 0 or the factor of what is left."""
    network, workspace, rule = call.network, call.workspace, call.rule
    rate = network.layer_settings[layer, DROPOUT]
    if rate < 0:
        rate = rule.rates[rule.first + batch.step][DROPOUT_OF_STEP]
    if rate == 0:
        return
    key, factor = stream(call.shaping.key, call.shaping.first_step + batch.step, UNITS + layer), _factor(rate)
    values, derivatives, lanes = workspace.activations, workspace.derivatives, lanes_of(workspace.activations)
    panel_rows = panel_rows_of(workspace)
    for v in range(vectors_in(workspace, batch.rows, panel)):
        for u in range(units.begin, units.end):
            at = output_at(network, workspace, layer, panel, u) + v * lanes
            kept = select(uniform(values, key, panel * panel_rows + v * lanes, u, 1) < rate, 0, factor)
            store(values, at, load(values, at) * kept)
            store(derivatives, at, load(derivatives, at) * kept)
