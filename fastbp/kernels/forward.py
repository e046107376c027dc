"""Forward pass: a_l = act(a_(l-1) W_l + b_l) for every layer, all outputs kept for the way back."""

from __future__ import annotations

from fastbp.compiling.jit import scalar, unit
from fastbp.kernels.activate import activate
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, ROWS_IN, ROWS_OUT, UNITS_IN, UNITS_OUT, WEIGHT, Network, Workspace
from fastbp.kernels.codes import FORWARD
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of, row_length, vectors_of
from fastbp.kernels.lanes.product import PANELS_TO_PACK, multiply_apart, multiply_beside, pack_beside, rows_of_tiles
from fastbp.kernels.lanes.sizes import CHUNK, DEPTH, FEW, WIDTH
from fastbp.kernels.lanes.tile import FROM_C
from fastbp.kernels.lanes.transpose import transpose_block


@unit(FORWARD)
def forward_layer(
    network: Network, workspace: Workspace, layer: int, rows: int, panel: int, panel_end: int, unit: int, unit_end: int, first: int,
    last: int, block: int,
) -> None:  # fmt: skip
    """Units `unit` to `unit_end` of one layer, of panels `panel` to `panel_end`; the output layer keeps its logits.

    Of their sums the part of inputs `first` to `last`, which goes on from that of those before; with the last of all, the activation.
    `block` is a place in the scratch with room for SCRATCH elements.
    """
    if rows <= FEW:
        _forward_few(network, workspace, layer, rows, unit, unit_end)
        return
    table, parameters, values, scratch = network.table, network.parameters, workspace.activations, workspace.scratch
    n_in, n_out, weight = table[layer, N_IN], table[layer, N_OUT], table[layer, WEIGHT]
    lanes = lanes_of(values)
    step = workspace.width * lanes
    pack = panel_end - panel >= PANELS_TO_PACK
    for k in range(first, last, DEPTH):
        depth = min(DEPTH, last - k)
        for u in range(unit, unit_end, CHUNK):
            count = min(CHUNK, unit_end - u)
            left, start = weight + k * n_out + u, table[layer, BIAS] + u if k == 0 else FROM_C
            if pack:
                pack_beside(scratch, block, parameters, left, n_out, count, depth)
            for p in range(panel, panel_end):
                vectors = min(workspace.width, vectors_of(rows - p * step, lanes))
                c = workspace.capacity * table[layer, UNITS_OUT] + (p * n_out + u) * step
                b = workspace.capacity * table[layer, UNITS_IN] + (p * n_in + k) * step
                if pack:
                    multiply_beside(values, c, step, scratch, block, CHUNK, values, b, step, count, depth, vectors, parameters, start)
                else:
                    multiply_beside(values, c, step, parameters, left, n_out, values, b, step, count, depth, vectors, parameters, start)
                if k + depth == n_in and layer < network.layers - 1:
                    activate(network, workspace, layer, c, count * workspace.width)


@scalar
def _forward_few(network: Network, workspace: Workspace, layer: int, rows: int, unit: int, unit_end: int) -> None:
    """The same numbers for a few rows, with units on the lanes: the weights are the right operand, read in place."""
    table, parameters, values, lanes = network.table, network.parameters, workspace.activations, lanes_of(workspace.activations)
    n_in, n_out = table[layer, N_IN], table[layer, N_OUT]
    inputs, outputs = workspace.few + FEW * table[layer, ROWS_IN], workspace.few + FEW * table[layer, ROWS_OUT]
    length, wide = row_length(n_out, lanes), WIDTH * lanes
    for u in range(unit, unit_end, wide):
        count, place = min(wide, unit_end - u), outputs + u
        vectors = vectors_of(count, lanes)
        for r in range(rows):
            for v in range(0, count, lanes):
                store(values, place + r * length + v, load(parameters, table[layer, BIAS] + u + v))
        multiply_apart(
            values, place, length, values, inputs, row_length(n_in, lanes), 0, parameters, table[layer, WEIGHT] + u, n_out,
            rows_of_tiles(rows), n_in, n_in, vectors, parameters, FROM_C,
        )  # fmt: skip
        if layer < network.layers - 1:
            for r in range(rows):
                activate(network, workspace, layer, place + r * length, vectors)
            continue
        panel, step = workspace.capacity * table[layer, UNITS_OUT] + u * workspace.width * lanes, workspace.width * lanes
        for v in range(0, count, lanes):
            transpose_block(values, panel + v * step, step, values, place + v, length, min(lanes, count - v))
