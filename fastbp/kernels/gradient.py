"""Gradients of weights and biases: dW_l = a_(l-1)^T delta_l and db_l = the sum of delta_l over the rows of the batch.

The deltas hold each row's share of the loss, so these sums are the gradients of the mean. They are computed block by block of W, each the
work of one task: a weight adds up the batch in the same order whatever the number of tasks. A block stays in the first-level cache until
the update has used it; all gradients of a network are in memory only where someone asks for them.
"""

from __future__ import annotations

from typing import Any

from fastbp._jit import scalar, unit
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, SPREAD, TURNED, UNITS_IN, WEIGHT, Network, Rule, Workspace
from fastbp.kernels.codes import GRADIENT
from fastbp.kernels.memory import load, store
from fastbp.kernels.panels import lanes_of, vectors_of
from fastbp.kernels.product import multiply_apart
from fastbp.kernels.sizes import CHUNK, DEPTH
from fastbp.kernels.tile import FROM_C, FROM_ZERO
from fastbp.kernels.update import prefetch_block, update_block

# Rows of blocks of W are multiples of this, for the register tile's sake.
_GRAIN = 8
# Parameters and slots of fewer elements stay in the caches. Of more, what the update of a block needs is fetched while it is multiplied.
_CACHED = 1 << 19


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
    return block_height(network.table[layer, N_IN]) * network.table[layer, SPREAD] * lanes


@scalar
def _gradient_block(
    network: Network, workspace: Workspace, rule: Rule, step: int, shard: int, layer: int, rows: int, panel: int, panel_end: int, i: int,
    j: int, place: int,
) -> None:  # fmt: skip
    table, scratch, turned = network.table, workspace.scratch, workspace.turned
    n_in, n_out, lanes = table[layer, N_IN], table[layer, N_OUT], lanes_of(workspace.turned)
    height, row, high = block_height(n_in), table[layer, SPREAD] * lanes, workspace.width * lanes
    units, columns = min(height, n_in - i * height), min(row, n_out - j * row)
    vectors = vectors_of(columns, lanes)
    right = workspace.capacity * (table[layer, TURNED] + j * row)
    weight = table[layer, WEIGHT] + i * height * n_out + j * row
    if network.parameters.size + rule.slots.size > _CACHED:
        prefetch_block(network.parameters, weight, n_out, rule, units, columns)
    p = panel
    while p < panel_end:
        # Whole panels together, then what is left of the last one alone.
        together = max(1, min(DEPTH // high, panel_end - p, rows // high - p))
        start, depth = FROM_ZERO if p == panel else FROM_C, min(high, rows - p * high)
        b = right + p * high * row
        a = workspace.capacity * table[layer, UNITS_IN] + (p * n_in + i * height) * high
        multiply_apart(
            scratch, place, row, workspace.activations, a, high, n_in * high, turned, b, row, units, depth, together, vectors, scratch, start
        )
        p += together
    update_block(network.parameters, weight, n_out, rule, step, shard, scratch, place, row, units, columns)
    if i == 0:
        end = min(rows, panel_end * high)
        _sum_rows(scratch, place, turned, right, row, panel * high, end, vectors)
        update_block(network.parameters, table[layer, BIAS] + j * row, n_out, rule, step, shard, scratch, place, row, 1, columns)


@scalar
def _sum_rows(out: Any, out0: int, values: Any, begin: int, row: int, first: int, last: int, vectors: int) -> None:
    """Rows `first` to `last` added up one after the other."""
    lanes = lanes_of(out)
    for v in range(vectors):
        total = load(values, begin + first * row + v * lanes)
        for r in range(first + 1, last):
            total = total + load(values, begin + r * row + v * lanes)
        store(out, out0 + v * lanes, total)
