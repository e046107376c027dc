"""Gradients of weights and biases: dW_l = a_(l-1)^T delta_l and db_l = the sum of delta_l over the rows of the batch.

The deltas hold each row's share of the loss, so these sums are the gradients of the mean. They are computed block by block of W, each the
work of one task: a weight adds up the batch in the same order whatever the number of tasks. A block stays in the first-level cache until
the update has used it; all gradients of a network are in memory only where someone asks for them.
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar, unit
from fastbp.kernels.arguments import (
    BIAS,
    N_IN,
    N_OUT,
    ROWS_IN,
    ROWS_OUT,
    SPREAD,
    TURNED,
    UNITS_IN,
    UNITS_OUT,
    WEIGHT,
    Batch,
    Block,
    Data,
    Network,
    Rule,
    Span,
    Workspace,
)
from fastbp.kernels.codes import GRADIENT
from fastbp.kernels.gather import prefetch_rows
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.memory import load, load_first, store
from fastbp.kernels.lanes.panels import lanes_of, row_length, vectors_of
from fastbp.kernels.lanes.product import multiply_apart, tile_rows
from fastbp.kernels.lanes.sizes import CHUNK, FEW
from fastbp.kernels.lanes.tile import FROM_C, FROM_ZERO
from fastbp.kernels.lanes.transpose import transpose_block
from fastbp.kernels.lanes.vector import fma, splat
from fastbp.kernels.team import share
from fastbp.kernels.update import prefetch_block, update_block, update_rows

# Rows of blocks of W are multiples of this, for the register tile's sake.
_GRAIN = 8
# Parameters and slots of fewer elements stay in the caches. Of more, what the update of a tile needs is fetched while it is multiplied.
_CACHED = 1 << 19
# Rows of the deltas, of a panel of units, in half of the second-level cache.
_DEPTH = 1024


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
    network: Network, workspace: Workspace, data: Data, rule: Rule, step: int, shard: int, rows: int, panel: int, panel_end: int,
    ahead: int, ahead_end: int, first: int, last: int, tasks: int, task: int, place: int,
) -> None:  # fmt: skip
    """The blocks of `task`, over panels `panel` to `panel_end` of the batch; each is given to the update.

    Of the first layer those of inputs `first` to `last`, unless these are all; of what is left every task has about as many weights.
    `place` is where in the scratch a block is summed. Between the blocks, the rows that the task will gather next are asked for: from place
    `ahead` of the order to `ahead_end`.
    """
    lanes, n_in, shared = lanes_of(workspace.turned), network.table[0, N_IN], 0
    if rows <= FEW:
        prefetch_rows(data, ahead, ahead_end, 0, n_in)
        for layer in range(network.layers):
            _gradient_few(network, workspace, rule, step, layer, rows, tasks, task, place)
        return
    if last - first < n_in:
        _gradient_own(network, workspace, data, rule, step, shard, rows, panel, panel_end, ahead, ahead_end, first, last, place)
        ahead_end, shared = ahead, 1
    total, done, asked = 0, 0, ahead
    for layer in range(shared, network.layers):
        high, wide = blocks_of(network, layer, lanes)
        total += high * wide * _block_area(network, layer, lanes)
    for layer in range(shared, network.layers):
        high, wide = blocks_of(network, layer, lanes)
        area, height = _block_area(network, layer, lanes), block_height(network.table[layer, N_IN])
        for block in range(high * wide):
            if (done + area // 2) * tasks // total == task:
                part = min(total, max(0, (done + area) * tasks - task * total))
                upto = ahead + (ahead_end - ahead) * part // total
                prefetch_rows(data, asked, upto, 0, n_in)
                asked = upto
                u = block // wide * height
                units = min(height, network.table[layer, N_IN] - u)
                _gradient_block(network, workspace, rule, step, shard, layer, rows, panel, panel_end, u, units, block % wide, place)
            done += area


@scalar
def _gradient_own(
    network: Network, workspace: Workspace, data: Data, rule: Rule, step: int, shard: int, rows: int, panel: int, panel_end: int,
    ahead: int, ahead_end: int, first: int, last: int, place: int,
) -> None:  # fmt: skip
    """The blocks of inputs `first` to `last` of the first layer; of the rows ahead only these inputs are asked for."""
    wide, height, asked = blocks_of(network, 0, lanes_of(workspace.turned))[1], block_height(last - first), ahead
    for u in range(first, last, height):
        units = min(height, last - u)
        for j in range(wide):
            upto = ahead + (ahead_end - ahead) * ((u - first) * wide + (j + 1) * units) // ((last - first) * wide)
            prefetch_rows(data, asked, upto, first, last)
            asked = upto
            _gradient_block(network, workspace, rule, step, shard, 0, rows, panel, panel_end, u, units, j, place)


@scalar
def _block_area(network: Network, layer: int, lanes: int) -> int:
    area: int = block_height(network.table[layer, N_IN]) * network.table[layer, SPREAD] * lanes
    return area


@scalar
def _gradient_block(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, layer: int, rows: int, panel: int, panel_end: int,
    first: int, units: int, j: int, place: int,
) -> None:  # fmt: skip
    """Inputs `first` to `first` + `units` of panel `j` of a layer's units."""
    if network.table[layer, N_OUT] == 1:
        _gradient_column(network, workspace, rule, step, shard, layer, rows, panel, panel_end, first, units, place)
        return
    table, batch = network.table, Batch(0, rows, step, shard, Span(0, 0))
    n_in, n_out, lanes = table[layer, N_IN], table[layer, N_OUT], lanes_of(workspace.turned)
    row, high = table[layer, SPREAD] * lanes, workspace.width * lanes
    columns = min(row, n_out - j * row)
    vectors, weight = vectors_of(columns, lanes), table[layer, WEIGHT] + first * n_out + j * row
    left = workspace.capacity * table[layer, UNITS_IN] + (panel * n_in + first) * high
    right = workspace.capacity * (table[layer, TURNED] + j * row) + panel * high * row
    depth, tile, part = min(rows, panel_end * high) - panel * high, tile_rows(vectors), _DEPTH // high * high
    for done in range(0, depth, part):
        # As many rows of the deltas as the second-level cache holds, for all tiles of the block; mostly that is all of the batch.
        start, a, b = FROM_ZERO if done == 0 else FROM_C, left + done * n_in, right + done * row
        for u in range(0, units, tile):
            count, sums, p = min(tile, units - u), place + u * row, weight + u * n_out
            last = done + part >= depth
            if last and network.size * (1 + rule.n_slots) > _CACHED:
                prefetch_block(network, rule, Block(p, n_out, count, columns))
            multiply_apart(
                workspace.scratch, sums, row, workspace.activations, a + u * high, high, n_in * high, workspace.turned, b, row,
                count, high, min(part, depth - done), vectors, workspace.scratch, start,
            )  # fmt: skip
            if last and n_out < row:
                _close_up(workspace, sums, row, count, columns)
                block = Block(p, 0, 1, count * columns)
                update_block(network, workspace, rule, batch, block, Matrix(workspace.scratch, sums, 0))
            elif last:
                block = Block(p, n_out, count, columns)
                update_block(network, workspace, rule, batch, block, Matrix(workspace.scratch, sums, row))
    if first == 0:
        _bias_gradient(network, workspace, rule, step, shard, table[layer, BIAS] + j * row, right, row, columns, depth, place)


@scalar
def _close_up(workspace: Workspace, place: int, row: int, rows: int, columns: int) -> None:
    """Put rows that fill no whole vectors one behind the other, as in W: then the update needs no masks but at the end."""
    scratch, lanes = workspace.scratch, lanes_of(workspace.scratch)
    for i in range(1, rows):
        for v in range(0, columns, lanes):
            store(scratch, place + i * columns + v, load(scratch, place + i * row + v))


@scalar
def _gradient_column(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, layer: int, rows: int, panel: int, panel_end: int,
    first: int, units: int, place: int,
) -> None:  # fmt: skip
    """A block of the only column of W. Columns on the lanes would leave all but one empty: here rows of the batch are, then units.

    Each lane adds up its rows of all vectors, then the lanes are added: the widths of panels leave no trace in the bits.
    """
    table, scratch, values, deltas = network.table, workspace.scratch, workspace.activations, workspace.deltas
    n_in, lanes, high = table[layer, N_IN], lanes_of(workspace.turned), workspace.width * lanes_of(workspace.turned)
    left = workspace.capacity * table[layer, UNITS_IN] + first * high
    right, turned = workspace.capacity * table[layer, UNITS_OUT], place + (units + lanes - 1) // lanes * lanes
    for u in range(0, units, lanes):
        for k in range(lanes):
            total = splat(scratch, 0)
            for p in range(panel, panel_end):
                for r in range(0, min(high, rows - p * high), lanes):
                    a, d, count = left + (p * n_in + u + k) * high + r, right + p * high + r, rows - p * high - r
                    if count >= lanes:
                        total = fma(load(values, a), load(deltas, d), total)
                    else:
                        total = fma(load_first(values, a, count), load_first(deltas, d, count), total)
            store(scratch, turned + k * lanes, total)
        transpose_block(scratch, turned + lanes * lanes, lanes, scratch, turned, lanes, lanes)
        total = load(scratch, turned + lanes * lanes)
        for k in range(1, lanes):
            total = total + load(scratch, turned + (lanes + k) * lanes)
        store(scratch, place + u, total)
    batch, block = Batch(0, rows, step, shard, Span(0, 0)), Block(table[layer, WEIGHT] + first, 0, 1, units)
    update_block(network, workspace, rule, batch, block, Matrix(scratch, place, 0))
    if first == 0:
        base = workspace.capacity * table[layer, TURNED] + panel * high * lanes
        depth = min(rows, panel_end * high) - panel * high
        _bias_gradient(network, workspace, rule, step, shard, table[layer, BIAS], base, lanes, 1, depth, place)


@scalar
def _bias_gradient(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, bias: int, right: int, row: int, columns: int, depth: int,
    place: int,
) -> None:  # fmt: skip
    """The deltas of one block's columns added up over the batch: a product with a row of ones."""
    scratch, lanes = workspace.scratch, lanes_of(workspace.scratch)
    ones = place + row
    store(scratch, ones, splat(scratch, 1))
    vectors = vectors_of(columns, lanes)
    multiply_apart(scratch, place, row, scratch, ones, 0, 0, workspace.turned, right, row, 1, lanes, depth, vectors, scratch, FROM_ZERO)
    batch, block = Batch(0, depth, step, shard, Span(0, 0)), Block(bias, row, 1, columns)
    update_block(network, workspace, rule, batch, block, Matrix(scratch, place, row))


@scalar
def _gradient_few(
    network: Network, workspace: Workspace, rule: Rule, step: int, layer: int, rows: int, tasks: int, task: int, place: int
) -> None:
    """The task's part of W, where the batch is so short that memory is what takes time: gradient and update in one pass.

    Columns are shared as the forward pass shares units: what a task reads is still in its cache.
    """
    table, deltas, scratch, lanes = network.table, workspace.deltas, workspace.scratch, lanes_of(workspace.deltas)
    n_in, n_out = table[layer, N_IN], table[layer, N_OUT]
    columns, units, biases = share(n_out, tasks, task, lanes), (0, n_in), True
    if n_out < tasks * lanes:
        columns, units, biases = (0, n_out), share(n_in, tasks, task, 1), task == 0
    count, weight = columns[1] - columns[0], table[layer, WEIGHT] + units[0] * n_out + columns[0]
    left, right = workspace.few + FEW * table[layer, ROWS_IN] + units[0], workspace.few + FEW * table[layer, ROWS_OUT] + columns[0]
    length = row_length(n_out, lanes)
    batch, block = Batch(0, rows, step, 0, Span(0, 0)), Block(weight, n_out, units[1] - units[0], count)
    inputs = Matrix(workspace.activations, left, row_length(n_in, lanes))
    update_rows(network, workspace, rule, batch, block, inputs, Matrix(deltas, right, length))
    for v in range(0, count if biases else 0, lanes):
        total = load(deltas, right + v)
        for r in range(1, rows):
            total = total + load(deltas, right + r * length + v)
        store(scratch, place, total)
        block = Block(table[layer, BIAS] + columns[0] + v, 0, 1, min(lanes, count - v))
        update_block(network, workspace, rule, batch, block, Matrix(scratch, place, 0))
