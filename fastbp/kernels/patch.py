"""The gradient of one patch of a layer's weights: computed tile by tile, and given to the update while the first caches hold it."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, NORM, WEIGHT, Network, Rule, Workspace
from fastbp.kernels.codes import BATCH_NORM
from fastbp.kernels.lanes.column import below, tile_rows
from fastbp.kernels.lanes.matrix import FROM_C, FROM_ZERO, Depth, Matrix, Product, Start
from fastbp.kernels.lanes.memory import load, load_first, store
from fastbp.kernels.lanes.panels import lanes_of, vectors_of
from fastbp.kernels.lanes.product import multiply_apart
from fastbp.kernels.lanes.transpose import transpose_block
from fastbp.kernels.lanes.vector import fma, splat
from fastbp.kernels.meanwhile import suits, update_meanwhile
from fastbp.kernels.places import input_at, output_at, panel_rows_of
from fastbp.kernels.portions import Batch, Block, Patch, Span
from fastbp.kernels.turn import turned_deltas
from fastbp.kernels.update import prefetch_block, update_block

# Parameters and slots of fewer elements stay in the caches. Of more, what the update of a tile needs is fetched while it is multiplied.
_CACHED = 1 << 21
# Rows of the deltas, of a panel of units, in half of the second-level cache (``search_blocks.txt``).
_ROWS_AT_ONCE = 1024


@scalar
def patch_gradient(
    network: Network, workspace: Workspace, rule: Rule, batch: Batch, rows: Span, patch: Patch, scratch_at: int
) -> None:  # fmt: skip
    """``dW[i, u] = sum_r a[r, i] delta[r, u]`` over some rows of the batch, and with the first input ``db[u] = sum_r delta[r, u]``.

    The rows begin with a panel. What is summed, in the scratch at `scratch_at`, is given to the update.
    """
    if network.table[patch.layer, N_OUT] == 1:
        _only_column(network, workspace, rule, batch, rows, patch, scratch_at)
    else:
        panel_rows = panel_rows_of(workspace)
        most = _ROWS_AT_ONCE // panel_rows * panel_rows
        # As many rows of the deltas as the second-level cache holds, for all tiles of the patch; mostly that is all of the batch.
        for r in range(rows.begin, rows.end, most):
            part = Span(r, min(rows.end, r + most))
            _add_tiles(network, workspace, rule, batch, rows, part, patch, scratch_at)
    if patch.inputs.begin == 0:
        _bias_gradient(network, workspace, rule, batch, rows, patch, scratch_at)


@scalar
def _add_tiles(
    network: Network, workspace: Workspace, rule: Rule, batch: Batch, rows: Span, part: Span, patch: Patch, scratch_at: int
) -> None:  # fmt: skip
    """What a part of the rows adds to the tiles of the patch. With the last of the rows they are complete, and updated."""
    table, layer, scratch, panel_rows = network.table, patch.layer, workspace.scratch, panel_rows_of(workspace)
    n_in, n_out, first, panel = table[layer, N_IN], table[layer, N_OUT], patch.inputs.begin, part.begin // panel_rows
    deltas = turned_deltas(network, workspace, layer, patch.panel, panel)
    unit, sums = patch.panel * deltas.row, Matrix(scratch, scratch_at, deltas.row)
    block = Block(table[layer, WEIGHT] + first * n_out + unit, n_out, patch.inputs.end - first, min(deltas.row, n_out - unit))
    left = Matrix(workspace.activations, input_at(network, workspace, layer, panel, first), panel_rows)
    depth = Depth(part.end - part.begin, panel_rows, n_in * panel_rows)
    product = Product(sums, left, deltas, depth, Start(scratch, FROM_ZERO if part.begin == rows.begin else FROM_C))
    if part.end < rows.end:
        multiply_apart(sums, left, deltas, block.rows, vectors_of(block.columns, lanes_of(scratch)), depth, product.start)
    elif suits(network, rule, block, depth):
        done = update_meanwhile(network, rule, batch, block, product)
        rest = Block(block.at + done * n_out, n_out, block.rows - done, block.columns)
        update_block(network, workspace, rule, batch, rest, below(sums, done))
    else:
        _update_after(network, workspace, rule, batch, block, product)


@scalar
def _update_after(network: Network, workspace: Workspace, rule: Rule, batch: Batch, block: Block, product: Product) -> None:
    """The product, then the update of a block of parameters by it: tile by tile where what that needs must be fetched meanwhile."""
    deltas, n_out, vectors = product.b, block.row, vectors_of(block.columns, lanes_of(workspace.scratch))
    far = network.size * (1 + rule.n_slots) > _CACHED
    most = tile_rows(vectors) if far else block.rows
    for i in range(0, block.rows, most):
        some, sums = Block(block.at + i * n_out, n_out, min(most, block.rows - i), block.columns), below(product.c, i)
        if far:
            prefetch_block(network, rule, some)
        multiply_apart(sums, below(product.a, i), deltas, some.rows, vectors, product.depth, product.start)
        if n_out < deltas.row:
            _close_up(sums, some.rows, some.columns)
            some = Block(some.at, 0, 1, some.rows * some.columns)
        update_block(network, workspace, rule, batch, some, sums)


@scalar
def _close_up(sums: Matrix, rows: int, columns: int) -> None:
    """Put rows that fill no whole vectors one behind the other, as in W: then the update needs no masks but at the end."""
    for i in range(1, rows):
        for j in range(0, columns, lanes_of(sums.array)):
            store(sums.array, sums.at + i * columns + j, load(sums.array, sums.at + i * sums.row + j))


@scalar
def _only_column(
    network: Network, workspace: Workspace, rule: Rule, batch: Batch, rows: Span, patch: Patch, scratch_at: int
) -> None:  # fmt: skip
    """``dW[i] = sum_r a[r, i] delta[r]``. Columns on the lanes would leave all but one empty: here rows of the batch are, then inputs.

    Each lane adds up its rows of all vectors, then the lanes are added: the widths of panels leave no trace in the bits.
    """
    scratch, lanes, count = workspace.scratch, lanes_of(workspace.scratch), patch.inputs.end - patch.inputs.begin
    by_input = Matrix(scratch, scratch_at + vectors_of(count, lanes) * lanes, lanes)
    by_lane = Matrix(scratch, by_input.at + lanes * lanes, lanes)
    for i in range(0, count, lanes):
        for k in range(lanes):
            total = _lane_sums(network, workspace, rows, patch.layer, patch.inputs.begin + i + k)
            store(scratch, by_input.at + k * lanes, total)
        transpose_block(by_lane, by_input, lanes)
        total = load(scratch, by_lane.at)
        for k in range(1, lanes):
            total = total + load(scratch, by_lane.at + k * lanes)
        store(scratch, scratch_at + i, total)
    block = Block(network.table[patch.layer, WEIGHT] + patch.inputs.begin, 0, 1, count)
    update_block(network, workspace, rule, batch, block, Matrix(scratch, scratch_at, 0))


@scalar
def _lane_sums(network: Network, workspace: Workspace, rows: Span, layer: int, unit: int) -> Any:
    """``sum_r a[r, unit] delta[r]``, in each lane over every so many rows."""
    values, deltas, lanes, panel_rows = workspace.activations, workspace.deltas, lanes_of(workspace.deltas), panel_rows_of(workspace)
    total = splat(deltas, 0)
    for p in range(rows.begin // panel_rows, (rows.end + panel_rows - 1) // panel_rows):
        a, d = input_at(network, workspace, layer, p, unit), output_at(network, workspace, layer, p, 0)
        for r in range(0, min(panel_rows, rows.end - p * panel_rows), lanes):
            left = rows.end - p * panel_rows - r
            if left >= lanes:
                total = fma(load(values, a + r), load(deltas, d + r), total)
            else:
                total = fma(load_first(values, a + r, left), load_first(deltas, d + r, left), total)
    return total


@scalar
def _bias_gradient(
    network: Network, workspace: Workspace, rule: Rule, batch: Batch, rows: Span, patch: Patch, scratch_at: int
) -> None:  # fmt: skip
    """``db[u] = sum_r delta[r, u]`` for the columns of a patch, as a product with a row of ones.

    With batch normalisation that is 0, as b goes with the mean; and so it is here, without the rounding.
    """
    table, layer, scratch, lanes = network.table, patch.layer, workspace.scratch, lanes_of(workspace.scratch)
    deltas = turned_deltas(network, workspace, layer, patch.panel, rows.begin // panel_rows_of(workspace))
    unit = patch.panel * deltas.row
    columns = min(deltas.row, table[layer, N_OUT] - unit)
    sums, ones = Matrix(scratch, scratch_at, deltas.row), Matrix(scratch, scratch_at + deltas.row, 0)
    store(scratch, ones.at, splat(scratch, 0 if table[layer, NORM] == BATCH_NORM else 1))
    # A part of the depth is a vector of ones, the same again and again.
    depth = Depth(rows.end - rows.begin, lanes, 0)
    multiply_apart(sums, ones, deltas, 1, vectors_of(columns, lanes), depth, Start(scratch, FROM_ZERO))
    update_block(network, workspace, rule, batch, Block(table[layer, BIAS] + unit, columns, 1, columns), sums)
