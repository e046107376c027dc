"""Gradients of weights and biases: dW_l = a_(l-1)^T delta_l and db_l = the sum of delta_l over the rows of the batch.

The deltas hold each row's share of the loss, so these sums are the gradients of the mean. They are computed block by block of W, each the
work of one task: a weight adds up the batch in the same order whatever the number of tasks. A block stays in the first-level cache until
the update has used it; all gradients of a network are in memory only where someone asks for them.
"""

from __future__ import annotations

from fastbp._jit import scalar, unit
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, SPREAD, TURNED, UNITS_IN, WEIGHT, Network, Rule, Workspace
from fastbp.kernels.codes import GRADIENT
from fastbp.kernels.memory import load, store
from fastbp.kernels.panels import lanes_of, vectors_of
from fastbp.kernels.product import multiply_apart
from fastbp.kernels.sizes import BYTES, CHUNK, DEPTH, FEW, SCRATCH
from fastbp.kernels.team import share
from fastbp.kernels.tile import FROM_C, FROM_ZERO
from fastbp.kernels.update import prefetch_block, update_block, update_rows

# Rows of blocks of W are multiples of this, for the register tile's sake.
_GRAIN = 8
# Parameters and slots of fewer elements stay in the caches. Of more, what the update of a block needs is fetched while it is multiplied.
_CACHED = 1 << 19
# So many deltas of each of a few rows are copied together to the scratch.
_COLUMNS = SCRATCH // FEW // BYTES * BYTES


@scalar
def block_height(n_in: int) -> int:
    """Rows of a block of W when its rows are cut into as few blocks as possible, all about as high."""
    blocks = (n_in + CHUNK - 1) // CHUNK
    return ((n_in + blocks - 1) // blocks + _GRAIN - 1) // _GRAIN * _GRAIN


@scalar
def blocks_of(network: Network, layer: int, lanes: int) -> tuple[int, int]:
    """How many blocks W is cut into along its rows, and along its columns."""
    height, width = block_height(network.table[layer, N_IN]), network.table[layer, SPREAD] * lanes
    return (network.table[layer, N_IN] + height - 1) // height, (network.table[layer, N_OUT] + width - 1) // width


@unit(GRADIENT)
def gradient_blocks(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, rows: int, panel: int, panel_end: int, tasks: int,
    task: int, place: int,
) -> None:  # fmt: skip
    """The blocks of `task`, over panels `panel` to `panel_end` of the batch; each is given to the update.

    Every task has about as many weights; `place` is where in the scratch a block is summed.
    """
    lanes = lanes_of(workspace.turned)
    if rows <= FEW:
        for layer in range(network.table.shape[0]):
            _gradient_rows(network, workspace, rule, step, layer, rows, tasks, task, place)
        return
    total, done = 0, 0
    for layer in range(network.table.shape[0]):
        high, wide = blocks_of(network, layer, lanes)
        total += high * wide * _block_area(network, layer, lanes)
    for layer in range(network.table.shape[0]):
        high, wide = blocks_of(network, layer, lanes)
        area = _block_area(network, layer, lanes)
        for block in range(high * wide):
            if (done + area // 2) * tasks // total == task:
                _gradient_block(network, workspace, rule, step, shard, layer, rows, panel, panel_end, block // wide, block % wide, place)
            done += area


@scalar
def _block_area(network: Network, layer: int, lanes: int) -> int:
    area: int = block_height(network.table[layer, N_IN]) * network.table[layer, SPREAD] * lanes
    return area


@scalar
def _gradient_block(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, layer: int, rows: int, panel: int, panel_end: int, i: int,
    j: int, place: int,
) -> None:  # fmt: skip
    table, scratch, parameters = network.table, workspace.scratch, network.parameters
    n_in, n_out, lanes = table[layer, N_IN], table[layer, N_OUT], lanes_of(workspace.turned)
    height, row, high = block_height(n_in), table[layer, SPREAD] * lanes, workspace.width * lanes
    units, columns = min(height, n_in - i * height), min(row, n_out - j * row)
    vectors, weight = vectors_of(columns, lanes), table[layer, WEIGHT] + i * height * n_out + j * row
    left = workspace.capacity * table[layer, UNITS_IN] + i * height * high
    right = workspace.capacity * (table[layer, TURNED] + j * row)
    if parameters.size + rule.slots.size > _CACHED:
        prefetch_block(parameters, weight, n_out, rule, units, columns)
    _sum_products(workspace, left, n_in * high, right, row, units, vectors, rows, panel, panel_end, place)
    update_block(workspace, parameters, weight, n_out, rule, step, shard, scratch, place, row, units, columns)
    if i == 0:
        _bias_gradient(network, workspace, rule, step, shard, layer, rows, panel, panel_end, j, place)


@scalar
def _bias_gradient(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, layer: int, rows: int, panel: int, panel_end: int, j: int,
    place: int,
) -> None:  # fmt: skip
    """Rows of the deltas added up one after the other, for the biases of one block's columns."""
    lanes = lanes_of(workspace.turned)
    row, high = network.table[layer, SPREAD] * lanes, workspace.width * lanes
    columns, right = min(row, network.table[layer, N_OUT] - j * row), workspace.capacity * (network.table[layer, TURNED] + j * row)
    for v in range(0, columns, lanes):
        total = load(workspace.turned, right + panel * high * row + v)
        for r in range(panel * high + 1, min(rows, panel_end * high)):
            total = total + load(workspace.turned, right + r * row + v)
        store(workspace.scratch, place + v, total)
    bias = network.table[layer, BIAS] + j * row
    update_block(
        workspace, network.parameters, bias, network.table[layer, N_OUT], rule, step, shard, workspace.scratch, place, row, 1, columns
    )


@scalar
def _gradient_rows(
    network: Network, workspace: Workspace, rule: Rule, step: int, layer: int, rows: int, tasks: int, task: int, place: int
) -> None:
    """The task's part of W, where the batch is so short that memory is what takes time: gradient and update in one pass.

    Columns are shared as the forward pass shares units: what a task reads is still in its cache.
    """
    table, lanes = network.table, lanes_of(workspace.turned)
    n_in, n_out, high = table[layer, N_IN], table[layer, N_OUT], workspace.width * lanes
    columns, units, biases = share(n_out, tasks, task, lanes), (0, n_in), True
    if n_out < tasks * lanes:
        columns, units, biases = (0, n_out), share(n_in, tasks, task, 1), task == 0
    left = workspace.capacity * table[layer, UNITS_IN] + units[0] * high
    for j in range(columns[0], columns[1], _COLUMNS):
        count = min(_COLUMNS, columns[1] - j)
        _copy_deltas(network, workspace, layer, rows, j, count, place)
        weight, bias = table[layer, WEIGHT] + units[0] * n_out + j, table[layer, BIAS] + j
        update_rows(workspace, network.parameters, weight, n_out, rule, step, units[1] - units[0], count, left, high, place, _COLUMNS, rows)
        if biases:
            for v in range(0, count, lanes):
                total = load(workspace.scratch, place + v)
                for r in range(1, rows):
                    total = total + load(workspace.scratch, place + r * _COLUMNS + v)
                store(workspace.scratch, place + v, total)
            update_block(workspace, network.parameters, bias, n_out, rule, step, 0, workspace.scratch, place, 0, 1, count)


@scalar
def _copy_deltas(network: Network, workspace: Workspace, layer: int, rows: int, unit: int, count: int, place: int) -> None:
    """The deltas of `count` units as one vector for each row of the batch, `_COLUMNS` apart."""
    lanes = lanes_of(workspace.turned)
    wide = network.table[layer, SPREAD] * lanes
    for j in range(unit, unit + count, lanes):
        source = workspace.capacity * (network.table[layer, TURNED] + j // wide * wide) + j % wide
        for r in range(rows):
            store(workspace.scratch, place + r * _COLUMNS + j - unit, load(workspace.turned, source + r * wide))


@scalar
def _sum_products(
    workspace: Workspace, left: int, jump: int, right: int, row: int, units: int, vectors: int, rows: int, panel: int, panel_end: int,
    place: int,
) -> None:  # fmt: skip
    """A block of a^T delta over the panels: units from `left` on, a panel `jump` after the other, and columns from `right` on."""
    high = workspace.width * lanes_of(workspace.turned)
    p = panel
    while p < panel_end:
        # Whole panels together, then what is left of the last one alone.
        together = max(1, min(DEPTH // high, panel_end - p, rows // high - p))
        start, depth = FROM_ZERO if p == panel else FROM_C, min(high, rows - p * high)
        multiply_apart(
            workspace.scratch, place, row, workspace.activations, left + p * jump, high, jump, workspace.turned, right + p * high * row,
            row, units, depth, together, vectors, workspace.scratch, start,
        )  # fmt: skip
        p += together
