"""Logits normalised, and their way back.

    x = (z - mean) / sqrt(variance + epsilon),  y = scale x + shift
    dL/dz = scale / sqrt(variance + epsilon) (dy - mean(dy) - x mean(dy x))       (with scale within the means over units)

Batch normalisation (S. Ioffe, C. Szegedy, ICML 2015): mean and variance of a unit over the rows of the batch, or of the shard that it is,
which tasks share by units; predictions use averages over the steps. Layer normalisation (J. L. Ba et al., 2016): of a row over the units,
which tasks share by panels.
"""

from __future__ import annotations

import math
from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import N_OUT, UNITS_OUT, Call, Network, Workspace
from fastbp.kernels.codes import EPSILON, MOMENTUM_OF_MEANS, NO_UPDATE
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, load_first, store, store_first
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.transpose import transpose_block
from fastbp.kernels.lanes.vector import fma, splat, sqrt
from fastbp.kernels.places import all_panels, output_at, panel_rows_of, vector_at, vectors_in
from fastbp.kernels.portions import Batch, Span, Task

#: Vectors of a normalised layer in the parameters.
SCALES, SHIFTS, MEANS, VARIANCES = range(4)
#: Numbers of a unit in the statistics of a batch.
INVERSES, SCALE_GRADIENTS, SHIFT_GRADIENTS = range(3)


@scalar
def of_unit(network: Network, number: int, layer: int, unit: int) -> int:
    """Where a number of a unit lies in the statistics."""
    last = network.layers - 1
    at: int = number * (network.table[last, UNITS_OUT] + network.table[last, N_OUT]) + network.table[layer, UNITS_OUT] + unit
    return at


@scalar
def _of_row(network: Network, workspace: Workspace, layer: int, row: int) -> int:
    """Where 1 / deviation of a row of a layer lies in the statistics."""
    at: int = of_unit(network, 3, 0, -network.table[0, UNITS_OUT]) + layer * workspace.capacity + row
    return at


@scalar
def _first(workspace: Workspace, values: Any, count: int, task: Task) -> Any:
    """The vector with zeros from lane `count` on; the scratch holds it on the way."""
    if count >= lanes_of(workspace.scratch):
        return values
    store(workspace.scratch, task.scratch_at, values)
    return load_first(workspace.scratch, task.scratch_at, count)


@scalar
def _lanes_at(workspace: Workspace, task: Task, number: int) -> Matrix:
    """Room in the scratch for a vector of each of as many units as a vector has lanes."""
    lanes = lanes_of(workspace.scratch)
    return Matrix(workspace.scratch, task.scratch_at + lanes + number * lanes * lanes, lanes)


@scalar
def _fill_up(sums: Matrix, count: int) -> None:
    """Zeros for the units that the last vector of a layer lacks."""
    for k in range(count, lanes_of(sums.array)):
        store(sums.array, sums.at + k * sums.row, splat(sums.array, 0))


@scalar
def _add_lanes(workspace: Workspace, task: Task, number: int) -> Any:
    """The lanes of the vector of each unit, added one after the other, as a vector of the units."""
    scratch, lanes, turned = workspace.scratch, lanes_of(workspace.scratch), _lanes_at(workspace, task, 2)
    transpose_block(turned, _lanes_at(workspace, task, number), lanes)
    total = load(scratch, turned.at)
    for lane in range(1, lanes):
        total = total + load(scratch, turned.at + lane * lanes)
    return total


@scalar
def _over_rows(call: Call, batch: Batch, layer: int, units: Span, means_at: int, power: int, task: Task) -> Any:
    """``sum_r (z - mean)**power / rows`` of up to as many units as a vector has lanes; their means lie in the statistics."""
    network, workspace, z, lanes = call.network, call.workspace, call.workspace.activations, lanes_of(call.workspace.activations)
    sums = _lanes_at(workspace, task, 0)
    for u in range(units.begin, units.end):
        total = splat(z, 0)
        mean = call.shaping.statistics[means_at + u] if power == 2 else _zero_of(call.shaping.statistics)
        for p in range(all_panels(workspace, batch.rows).end):
            at, left = output_at(network, workspace, layer, p, u), batch.rows - p * panel_rows_of(workspace)
            for v in range(vectors_in(workspace, batch.rows, p)):
                x = load(z, at + v * lanes) - mean
                total = total + _first(workspace, x * x if power == 2 else x, left - v * lanes, task)
        store(sums.array, sums.at + (u - units.begin) * lanes, total)
    _fill_up(sums, units.end - units.begin)
    return _add_lanes(workspace, task, 0) / batch.rows


@scalar
def _zero_of(values: Any) -> Any:
    """0 of the type of an array."""
    return type(values[0])(0)


@scalar
def normalize_over_rows(call: Call, batch: Batch, layer: int, units: Span, task: Task) -> None:
    """Of some units, by the batch; a step that updates brings their averages forward."""
    network, workspace, z, lanes = call.network, call.workspace, call.workspace.activations, lanes_of(call.workspace.activations)
    parameters, scales, shifts = network.parameters, vector_at(network, layer, SCALES), vector_at(network, layer, SHIFTS)
    statistics, epsilon = call.shaping.statistics, network.layer_settings[layer, EPSILON]
    # The place of the gradients is free on the way forth.
    inverses, means = of_unit(network, INVERSES, layer, 0), of_unit(network, SHIFT_GRADIENTS, layer, 0)
    for first in range(units.begin, units.end, lanes):
        some = Span(first, min(first + lanes, units.end))
        mean = _over_rows(call, batch, layer, some, means, 1, task)
        store_first(statistics, means + first, mean, some.end - first)
        variance = _over_rows(call, batch, layer, some, means, 2, task)
        store_first(statistics, inverses + first, 1 / sqrt(variance + epsilon), some.end - first)
        if call.rule.code != NO_UPDATE:
            _follow(call, batch, layer, some, mean, variance)
        elif call.data.mean_over > 0:
            _leave(call, batch, layer, some, mean, variance)
    for u in range(units.begin, units.end):
        mean_of_unit, inverse = statistics[means + u], statistics[inverses + u]
        for p in range(all_panels(workspace, batch.rows).end):
            at = output_at(network, workspace, layer, p, u)
            for i in range(at, at + vectors_in(workspace, batch.rows, p) * lanes, lanes):
                x = (load(z, i) - mean_of_unit) * inverse
                store(call.shaping.normalized, i, x)
                store(z, i, fma(parameters[scales + u], x, parameters[shifts + u]))


@scalar
def _follow(call: Call, batch: Batch, layer: int, units: Span, mean: Any, variance: Any) -> None:
    """The averages over the steps a share of the way towards those of the batch, whose variance is that of a sample."""
    network, share = call.network, call.network.layer_settings[layer, MOMENTUM_OF_MEANS]
    means, variances = vector_at(network, layer, MEANS) + units.begin, vector_at(network, layer, VARIANCES) + units.begin
    count, p = units.end - units.begin, network.parameters
    before = load(p, means)
    store_first(p, means, before + share * (mean - before), count)
    before = load(p, variances)
    store_first(p, variances, before + share * (_of_sample(variance, batch.rows, share) - before), count)


@scalar
def _of_sample(variance: Any, rows: int, one: Any) -> Any:
    """The variance over rows - 1; `one` is any number of the network's type."""
    if rows > 1:
        variance = variance * (type(one)(rows) / (type(one)(rows) - type(one)(1)))
    return variance


@scalar
def _leave(call: Call, batch: Batch, layer: int, units: Span, mean: Any, variance: Any) -> None:
    """Mean and variance of a shard, by its share of the rows of the batch, where gradients have no use for the places of the averages."""
    network, g, count = call.network, call.rule.gradients, units.end - units.begin
    means, variances = vector_at(network, layer, MEANS) + units.begin, vector_at(network, layer, VARIANCES) + units.begin
    part = type(g[0])(batch.rows) / type(g[0])(call.data.mean_over)
    store_first(g, means, mean * part, count)
    store_first(g, variances, _of_sample(variance, batch.rows, g[0]) * part, count)


@scalar
def _inverse(square: Any) -> Any:
    one = type(square)(1)
    return one / type(one)(math.sqrt(square))


@scalar
def normalize_by_averages(call: Call, batch: Batch, layer: int, panels: Span) -> None:
    """Of some panels, by the averages over the steps."""
    network, workspace, z, lanes = call.network, call.workspace, call.workspace.activations, lanes_of(call.workspace.activations)
    p, shifts, means = network.parameters, vector_at(network, layer, SHIFTS), vector_at(network, layer, MEANS)
    scales, variances = vector_at(network, layer, SCALES), vector_at(network, layer, VARIANCES)
    for u in range(network.table[layer, N_OUT]):
        factor = p[scales + u] * _inverse(p[variances + u] + network.layer_settings[layer, EPSILON])
        for panel in range(panels.begin, panels.end):
            at = output_at(network, workspace, layer, panel, u)
            for i in range(at, at + vectors_in(workspace, batch.rows, panel) * lanes, lanes):
                store(z, i, fma(load(z, i) - p[means + u], factor, p[shifts + u]))


@scalar
def back_over_rows(call: Call, batch: Batch, layer: int, units: Span, task: Task) -> None:
    """Deltas of some units from dL/dy to dL/dz; the gradients of their scales and shifts are left in the statistics."""
    network, workspace, d, lanes = call.network, call.workspace, call.workspace.deltas, lanes_of(call.workspace.deltas)
    x, statistics, scales = call.shaping.normalized, call.shaping.statistics, vector_at(network, layer, SCALES)
    _gradients_of_units(call, d, 0, batch, layer, units, task)
    for u in range(units.begin, units.end):
        factor = network.parameters[scales + u] * statistics[of_unit(network, INVERSES, layer, u)]
        rows = type(factor)(batch.rows)
        along_x = statistics[of_unit(network, SCALE_GRADIENTS, layer, u)] / rows
        along_1 = statistics[of_unit(network, SHIFT_GRADIENTS, layer, u)] / rows
        for p in range(all_panels(workspace, batch.rows).end):
            at = output_at(network, workspace, layer, p, u)
            for i in range(at, at + vectors_in(workspace, batch.rows, p) * lanes, lanes):
                store(d, i, factor * (load(d, i) - along_1 - load(x, i) * along_x))


@scalar
def _gradients_of_units(call: Call, errors: Any, begin: int, batch: Batch, layer: int, units: Span, task: Task) -> None:
    """``sum_r dy x`` and ``sum_r dy`` of some units, to the statistics; dy from place `begin` of `errors` on."""
    network, workspace, x, lanes = call.network, call.workspace, call.shaping.normalized, lanes_of(call.workspace.deltas)
    of_x, of_1 = _lanes_at(workspace, task, 0), _lanes_at(workspace, task, 1)
    for first in range(units.begin, units.end, lanes):
        count = min(lanes, units.end - first)
        for k in range(count):
            along_x, along_1 = splat(x, 0), splat(x, 0)
            for p in range(all_panels(workspace, batch.rows).end):
                at, left = output_at(network, workspace, layer, p, first + k), batch.rows - p * panel_rows_of(workspace)
                for v in range(vectors_in(workspace, batch.rows, p)):
                    dy = _first(workspace, load(errors, begin + at + v * lanes), left - v * lanes, task)
                    along_x = fma(dy, _first(workspace, load(x, at + v * lanes), left - v * lanes, task), along_x)
                    along_1 = along_1 + dy
            store(of_x.array, of_x.at + k * lanes, along_x)
            store(of_1.array, of_1.at + k * lanes, along_1)
        _fill_up(of_x, count)
        _fill_up(of_1, count)
        store_first(call.shaping.statistics, of_unit(network, SCALE_GRADIENTS, layer, first), _add_lanes(workspace, task, 0), count)
        store_first(call.shaping.statistics, of_unit(network, SHIFT_GRADIENTS, layer, first), _add_lanes(workspace, task, 1), count)


@scalar
def normalize_over_units(call: Call, batch: Batch, layer: int, panels: Span) -> None:
    """Of the rows of some panels, by the units of each."""
    network, workspace, z, lanes = call.network, call.workspace, call.workspace.activations, lanes_of(call.workspace.activations)
    p, scales, shifts = network.parameters, vector_at(network, layer, SCALES), vector_at(network, layer, SHIFTS)
    n_out, panel_rows, epsilon = network.table[layer, N_OUT], panel_rows_of(workspace), network.layer_settings[layer, EPSILON]
    for panel in range(panels.begin, panels.end):
        for v in range(vectors_in(workspace, batch.rows, panel)):
            begin = output_at(network, workspace, layer, panel, 0) + v * lanes
            end = begin + n_out * panel_rows
            mean, variance = splat(z, 0), splat(z, 0)
            for i in range(begin, end, panel_rows):
                mean = mean + load(z, i)
            mean = mean / n_out
            for i in range(begin, end, panel_rows):
                variance = fma(load(z, i) - mean, load(z, i) - mean, variance)
            inverse = 1 / sqrt(variance / n_out + epsilon)
            for u in range(n_out):
                x = (load(z, begin + u * panel_rows) - mean) * inverse
                if workspace.training:
                    store(call.shaping.normalized, begin + u * panel_rows, x)
                store(z, begin + u * panel_rows, fma(p[scales + u], x, p[shifts + u]))
            if workspace.training:
                store(call.shaping.statistics, _of_row(network, workspace, layer, panel * panel_rows + v * lanes), inverse)


@scalar
def back_over_units(call: Call, batch: Batch, layer: int, panels: Span) -> None:
    """Deltas of some panels from dL/dy to dL/dz; dL/dy stays for the gradients of scales and shifts."""
    network, workspace, d, lanes = call.network, call.workspace, call.workspace.deltas, lanes_of(call.workspace.deltas)
    x, p, scales, kept = call.shaping.normalized, network.parameters, vector_at(network, layer, SCALES), workspace.few
    n_out, panel_rows = network.table[layer, N_OUT], panel_rows_of(workspace)
    for panel in range(panels.begin, panels.end):
        for v in range(vectors_in(workspace, batch.rows, panel)):
            begin = output_at(network, workspace, layer, panel, 0) + v * lanes
            along_x, along_1 = splat(d, 0), splat(d, 0)
            for u in range(n_out):
                i = begin + u * panel_rows
                store(x, kept + i, load(d, i))
                scaled = p[scales + u] * load(d, i)
                along_x, along_1 = fma(scaled, load(x, i), along_x), along_1 + scaled
                store(d, i, scaled)
            along_x, along_1 = along_x / n_out, along_1 / n_out
            inverse = load(call.shaping.statistics, _of_row(network, workspace, layer, panel * panel_rows + v * lanes))
            for i in range(begin, begin + n_out * panel_rows, panel_rows):
                store(d, i, inverse * (load(d, i) - along_1 - load(x, i) * along_x))


@scalar
def gradients_over_units(call: Call, batch: Batch, layer: int, units: Span, task: Task) -> None:
    """The gradients of scales and shifts of some units, from the dL/dy that `back_over_units` has kept."""
    _gradients_of_units(call, call.shaping.normalized, call.workspace.few, batch, layer, units, task)
