"""Deltas: the gradient of the loss with respect to z = a W + b, from the output layer back to the first.

Output layer: the error of each node times its activation's derivative (``loss.py``). Hidden layer l, by the chain rule through the layer
above: delta_l = (delta_(l+1) W_(l+1)^T) * act'(z_l).
"""

from __future__ import annotations

from fastbp._jit import scalar, unit
from fastbp.kernels.activate import multiply_by_derivative
from fastbp.kernels.arguments import ACTIVATION, N_IN, N_OUT, UNITS_IN, UNITS_OUT, WEIGHT, Network, Workspace
from fastbp.kernels.codes import DELTA
from fastbp.kernels.panels import lanes_of, vectors_of
from fastbp.kernels.product import PANELS_TO_PACK, multiply_apart, multiply_beside, pack_apart
from fastbp.kernels.sizes import CHUNK, DEPTH, FEW, WIDTH
from fastbp.kernels.tile import FROM_C, FROM_ZERO
from fastbp.kernels.transpose import transpose_block
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
                        deltas, c, step, parameters, left, n_out, 0, deltas, b, step, count, depth, 1, vectors, parameters, start
                    )
                if k + depth == n_out:
                    code, slope = table[layer - 1, ACTIVATION], network.slopes[layer - 1]
                    multiply_by_derivative(code, slope, workspace.activations, deltas, c, count * workspace.width)
                    turn(network, workspace, layer - 1, p, u, count, vectors)


@scalar
def _delta_few(network: Network, workspace: Workspace, layer: int, rows: int, unit: int, unit_end: int, block: int) -> None:
    """The same numbers for a few rows, with units on the lanes: the weights, turned on the way, are the right operand."""
    table, deltas, scratch = network.table, workspace.deltas, workspace.scratch
    n_out, lanes = table[layer, N_OUT], lanes_of(workspace.deltas)
    step, wide, sums = workspace.width * lanes, WIDTH * lanes, block + CHUNK * DEPTH
    for u in range(unit, unit_end, CHUNK):
        count, place = min(CHUNK, unit_end - u), workspace.capacity * table[layer, UNITS_IN] + u * step
        for k in range(0, n_out, DEPTH):
            depth, start = min(DEPTH, n_out - k), FROM_ZERO if k == 0 else FROM_C
            pack_apart(scratch, block, network.parameters, table[layer, WEIGHT] + u * n_out + k, n_out, count, depth)
            left = workspace.capacity * table[layer, UNITS_OUT] + k * step
            for v in range(0, count, wide):
                vectors = min(WIDTH, vectors_of(count - v, lanes))
                multiply_beside(
                    scratch, sums + v, CHUNK, deltas, left, step, scratch, block + v, CHUNK, rows, depth, vectors, scratch, start
                )
        for v in range(0, count, lanes):
            transpose_block(deltas, place + v * step, step, scratch, sums + v, CHUNK, min(lanes, count - v))
        code, slope = table[layer - 1, ACTIVATION], network.slopes[layer - 1]
        multiply_by_derivative(code, slope, workspace.activations, deltas, place, count * workspace.width)
        turn(network, workspace, layer - 1, 0, u, count, 1)
