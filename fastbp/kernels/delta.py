"""Deltas: the gradient of the loss with respect to z = a W + b, from the output layer back to the first.

Output layer: the error of each node times its activation's derivative (``loss.py``). Hidden layer l, by the chain rule through the layer
above: delta_l = (delta_(l+1) W_(l+1)^T) * act'(z_l).
"""

from __future__ import annotations

from fastbp.compiling.jit import scalar, unit
from fastbp.kernels.activate import multiply_by_derivative
from fastbp.kernels.arguments import N_IN, N_OUT, ROWS_IN, ROWS_OUT, UNITS_IN, UNITS_OUT, WEIGHT, Network, Workspace
from fastbp.kernels.codes import DELTA
from fastbp.kernels.lanes.panels import lanes_of, row_length, vectors_of
from fastbp.kernels.lanes.product import PANELS_TO_PACK, multiply_apart, multiply_beside, pack_apart, rows_of_tiles
from fastbp.kernels.lanes.sizes import CHUNK, DEPTH, FEW, WIDTH
from fastbp.kernels.lanes.tile import FROM_C, FROM_ZERO
from fastbp.kernels.turn import turn


@unit(DELTA)
def hidden_delta(
    network: Network, workspace: Workspace, layer: int, rows: int, panel: int, panel_end: int, unit: int, unit_end: int, block: int
) -> None:
    """Deltas of the units that feed `layer`, from the deltas of `layer`: units `unit` to `unit_end` of panels `panel` to `panel_end`.

    `block` is a place in the scratch with room for SCRATCH elements.
    """
    if rows <= FEW:
        _delta_few(network, workspace, layer, rows, unit, unit_end, block)
        return
    table, parameters, deltas, scratch = network.table, network.parameters, workspace.deltas, workspace.scratch
    n_in, n_out, weight = table[layer, N_IN], table[layer, N_OUT], table[layer, WEIGHT]
    lanes = lanes_of(deltas)
    step = workspace.width * lanes
    pack = panel_end - panel >= PANELS_TO_PACK
    for k in range(0, n_out, DEPTH):
        depth, start = min(DEPTH, n_out - k), FROM_ZERO if k == 0 else FROM_C
        for u in range(unit, unit_end, CHUNK):
            count = min(CHUNK, unit_end - u)
            left = weight + u * n_out + k
            if pack:
                pack_apart(scratch, block, parameters, left, n_out, count, depth)
            for p in range(panel, panel_end):
                vectors = min(workspace.width, vectors_of(rows - p * step, lanes))
                c = workspace.capacity * table[layer, UNITS_IN] + (p * n_in + u) * step
                b = workspace.capacity * table[layer, UNITS_OUT] + (p * n_out + k) * step
                if pack:
                    multiply_beside(deltas, c, step, scratch, block, CHUNK, deltas, b, step, count, depth, vectors, parameters, start)
                else:
                    multiply_apart(
                        deltas, c, step, parameters, left, n_out, 0, deltas, b, step, count, depth, depth, vectors, parameters, start
                    )
                if k + depth == n_out:
                    multiply_by_derivative(network, workspace, layer - 1, c, count * workspace.width)
                    turn(network, workspace, layer - 1, p, u, count, vectors)


@scalar
def _delta_few(network: Network, workspace: Workspace, layer: int, rows: int, unit: int, unit_end: int, block: int) -> None:
    """The same numbers for a few rows, with units on the lanes: the weights, turned on the way, are the right operand."""
    table, deltas, scratch, lanes = network.table, workspace.deltas, workspace.scratch, lanes_of(workspace.deltas)
    n_in, n_out, wide = table[layer, N_IN], table[layer, N_OUT], WIDTH * lanes
    above, below = workspace.few + FEW * table[layer, ROWS_OUT], workspace.few + FEW * table[layer, ROWS_IN]
    length, length_above = row_length(n_in, lanes), row_length(n_out, lanes)
    for u in range(unit, unit_end, CHUNK):
        count = min(CHUNK, unit_end - u)
        for k in range(0, n_out, DEPTH):
            depth, start = min(DEPTH, n_out - k), FROM_ZERO if k == 0 else FROM_C
            pack_apart(scratch, block, network.parameters, table[layer, WEIGHT] + u * n_out + k, n_out, count, depth)
            for v in range(0, count, wide):
                multiply_apart(
                    deltas, below + u + v, length, deltas, above + k, length_above, 0, scratch, block + v, CHUNK, rows_of_tiles(rows),
                    depth, depth, min(WIDTH, vectors_of(count - v, lanes)), scratch, start,
                )  # fmt: skip
        for r in range(rows):
            multiply_by_derivative(network, workspace, layer - 1, below + u + r * length, vectors_of(count, lanes))
