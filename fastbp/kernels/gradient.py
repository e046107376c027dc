"""Gradients of weights and biases, ``dW_l = a_(l-1)^T delta_l`` and ``db_l = sum_r delta_l[r]``: which task computes which.

The deltas hold each row's share of the loss, so these sums are the gradients of the mean. W is cut into patches, each the work of one
task: a weight adds up the batch in the same order whatever the number of tasks. A patch stays in the first-level cache until the update
has used it; all gradients of a network are in memory only where someone asks for them.
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, NORM, SPREAD, WEIGHT, Data, Network, Rule, Workspace
from fastbp.kernels.codes import BATCH_NORM, GRADIENT
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import CHUNK, FEW, PIECE
from fastbp.kernels.lanes.vector import fma
from fastbp.kernels.patch import patch_gradient
from fastbp.kernels.places import few_inputs, few_outputs
from fastbp.kernels.portions import Batch, Block, Patch, Span, Task
from fastbp.kernels.sharing import by_units, is_chained, own_inputs
from fastbp.kernels.source import prefetch_rows
from fastbp.kernels.team import share
from fastbp.kernels.update import update_block, update_rows

# Rows of patches are multiples of this, for the register tile's sake.
_GRAIN = 8


@unit(GRADIENT)
def weight_gradients(
    network: Network, workspace: Workspace, data: Data, rule: Rule, batch: Batch, rows: Span, layers: Span, task: Task
) -> None:  # fmt: skip
    """All gradients of some layers that are a task's, over some rows of the batch, each given to the update.

    Of a layer whose inputs are shared they are those of its own; of what is left every task has about as many weights. In between, the
    rows that the task will gather next are asked for, unless a chain has done that.
    """
    if batch.rows <= FEW:
        if not is_chained(network, workspace, 0, batch.rows, task):
            prefetch_rows(data, batch.ahead, own_inputs(network, workspace, 0, batch.rows, task))
        for layer in range(layers.begin, layers.end):
            _few_gradients(network, workspace, rule, batch, layer, task)
        return
    for layer in range(layers.begin, layers.end):
        inputs = own_inputs(network, workspace, layer, batch.rows, task)
        if inputs.end - inputs.begin < network.table[layer, N_IN]:
            _own_patches(network, workspace, rule, batch, rows, Patch(layer, inputs, 0), task)
    _shared_patches(network, workspace, data, rule, batch, rows, layers, task)


@scalar
def patch_height(n_in: int) -> int:
    """Rows of a patch when the rows of W are cut into as few patches as possible, all about as high."""
    patches = (n_in + CHUNK - 1) // CHUNK
    return ((n_in + patches - 1) // patches + _GRAIN - 1) // _GRAIN * _GRAIN


@scalar
def patches_of(network: Network, layer: int, lanes: int) -> tuple[int, int]:
    """How many patches W is cut into along its rows, and along its columns."""
    height, panel_units = patch_height(network.table[layer, N_IN]), network.table[layer, SPREAD] * lanes
    return (network.table[layer, N_IN] + height - 1) // height, (network.table[layer, N_OUT] + panel_units - 1) // panel_units


@scalar
def _patch_area(network: Network, layer: int, lanes: int) -> int:
    area: int = patch_height(network.table[layer, N_IN]) * network.table[layer, SPREAD] * lanes
    return area


@scalar
def _own_patches(network: Network, workspace: Workspace, rule: Rule, batch: Batch, rows: Span, first: Patch, task: Task) -> None:
    """Those of the inputs of a patch, from it to the last units."""
    layer, inputs = first.layer, first.inputs
    wide, height = patches_of(network, layer, lanes_of(workspace.turned))[1], patch_height(inputs.end - inputs.begin)
    for i in range(inputs.begin, inputs.end, height):
        for j in range(wide):
            patch = Patch(layer, Span(i, min(i + height, inputs.end)), j)
            patch_gradient(network, workspace, rule, batch, rows, patch, task.scratch_at)


@scalar
def _shared_patches(
    network: Network, workspace: Workspace, data: Data, rule: Rule, batch: Batch, rows: Span, layers: Span, task: Task
) -> None:  # fmt: skip
    """Those patches of all others of the layers, counted layer after layer, whose middle weight lies in the task's share of all weights.

    Where tasks share units it is its share of each layer's columns: mostly the weights of its own units, which it reads next.
    """
    lanes, ahead, asked, total, done = lanes_of(workspace.turned), batch.ahead, batch.ahead.begin, 0, 0
    units, own, upto = by_units(network, workspace, batch.rows, task), 0, 0
    asks, inputs = not is_chained(network, workspace, 0, batch.rows, task), own_inputs(network, workspace, 0, batch.rows, task)
    for layer in range(layers.begin, layers.end):
        if not is_chained(network, workspace, layer, batch.rows, task):
            high, wide = patches_of(network, layer, lanes)
            total += high * wide * _patch_area(network, layer, lanes)
    for layer in range(layers.begin, layers.end):
        if is_chained(network, workspace, layer, batch.rows, task):
            continue
        high, wide = patches_of(network, layer, lanes)
        n_in = network.table[layer, N_IN]
        area, height = _patch_area(network, layer, lanes), patch_height(n_in)
        for number in range(high * wide):
            row, panel = number // wide, number % wide
            owner = _owner_by_units(network, layer, row, panel, task.tasks) if units else (done + area // 2) * task.tasks // total
            if owner == task.number:
                own += area
                if asks:
                    upto = ahead.begin + (ahead.end - ahead.begin) * min(total, own * task.tasks) // total
                    prefetch_rows(data, Span(asked, upto), inputs)
                    asked = upto
                patch = Patch(layer, Span(row * height, min(n_in, row * height + height)), panel)
                patch_gradient(network, workspace, rule, batch, rows, patch, task.scratch_at)
            done += area


@scalar
def _owner_by_units(network: Network, layer: int, row: int, panel: int, tasks: int) -> int:
    """The task whose share of the columns of W the middle of a patch lies in, when each panel of units is counted down its patches."""
    lanes = lanes_of(network.parameters)
    (high, _), n_out, panel_units = patches_of(network, layer, lanes), network.table[layer, N_OUT], network.table[layer, SPREAD] * lanes
    columns = min(panel_units, n_out - panel * panel_units)
    owner: int = (panel * panel_units * high + row * columns + columns // 2) * tasks // (high * n_out)
    return owner


@scalar
def _few_gradients(network: Network, workspace: Workspace, rule: Rule, batch: Batch, layer: int, task: Task) -> None:
    """The task's part of W, where the batch is so short that memory is what takes time: gradient and update in one pass.

    They are shared as in the forward pass: what a task reads is still in its cache.
    """
    table, lanes = network.table, lanes_of(workspace.deltas)
    n_in, n_out = table[layer, N_IN], table[layer, N_OUT]
    units, inputs, biases, chained = share(n_out, task, lanes), Span(0, n_in), True, is_chained(network, workspace, layer, batch.rows, task)
    if chained or n_out < task.tasks * lanes:
        units, inputs, biases = Span(0, n_out), share(n_in, task, lanes if chained else 1), task.number == 0
    a, d = few_inputs(workspace.activations, network, workspace, layer), few_outputs(workspace.deltas, network, workspace, layer)
    at, count = table[layer, WEIGHT] + inputs.begin * n_out + units.begin, units.end - units.begin
    block = Block(at, n_out, inputs.end - inputs.begin, count)
    left, deltas = Matrix(a.array, a.at + inputs.begin, a.row), Matrix(d.array, d.at + units.begin, d.row)
    if count == n_out < lanes:
        _update_narrow_rows(network, workspace, rule, batch, block, left, deltas, task.scratch_at)
    else:
        update_rows(network, workspace, rule, batch, block, left, deltas)
    if biases:
        _few_biases(network, workspace, rule, batch, layer, units, task.scratch_at)


@scalar
def _few_biases(network: Network, workspace: Workspace, rule: Rule, batch: Batch, layer: int, units: Span, scratch_at: int) -> None:
    """The biases of some units, a piece of them at a time."""
    scratch, lanes = workspace.scratch, lanes_of(workspace.deltas)
    d, normalized = few_outputs(workspace.deltas, network, workspace, layer), network.table[layer, NORM] == BATCH_NORM
    for first in range(units.begin, units.end, PIECE):
        last = min(units.end, first + PIECE)
        for j in range(first, last, lanes):
            total = load(d.array, d.at + j)
            for r in range(1, batch.rows):
                total = total + load(d.array, d.at + r * d.row + j)
            # Before a batch is normalised a bias counts for nothing.
            store(scratch, scratch_at + j - first, total * 0 if normalized else total)
        block = Block(network.table[layer, BIAS] + first, 0, 1, last - first)
        update_block(network, workspace, rule, batch, block, Matrix(scratch, scratch_at, 0))


@scalar
def _update_narrow_rows(
    network: Network, workspace: Workspace, rule: Rule, batch: Batch, block: Block, units: Matrix, deltas: Matrix, scratch_at: int
) -> None:  # fmt: skip
    """The same as `update_rows` for rows of W narrower than a vector: gradients first, row behind row as in W.

    A row that was written with a mask would have to reach the cache before the vector of the next one, which begins in it, is read.
    """
    most, columns = PIECE // block.columns, block.columns
    for i in range(0, block.rows, most):
        count, sums = min(most, block.rows - i), Matrix(workspace.scratch, scratch_at, columns)
        _few_sums(sums, Matrix(units.array, units.at + i, units.row), deltas, count, batch.rows)
        update_block(network, workspace, rule, batch, Block(block.at + i * columns, 0, 1, count * columns), sums)


@scalar
def _few_sums(sums: Matrix, units: Matrix, deltas: Matrix, count: int, rows: int) -> None:
    """``sums[i] = sum_r units[r, i] deltas[r]``, a vector each; what lies behind a row the next one writes over."""
    a, d = units.array, deltas.array
    for i in range(count):
        total = a[units.at + i] * load(d, deltas.at)
        for r in range(1, rows):
            total = fma(a[units.at + r * units.row + i], load(d, deltas.at + r * deltas.row), total)
        store(sums.array, sums.at + i * sums.row, total)
