"""Forward pass: a_l = act(a_(l-1) W_l + b_l) for every layer, all outputs kept for the way back."""

from __future__ import annotations

from fastbp._jit import unit
from fastbp.kernels.activate import activate
from fastbp.kernels.arguments import ACTIVATION, BIAS, N_IN, N_OUT, UNITS_IN, UNITS_OUT, WEIGHT, Network, Workspace
from fastbp.kernels.codes import FORWARD
from fastbp.kernels.panels import lanes_of, vectors_of
from fastbp.kernels.product import PANELS_TO_PACK, multiply_beside, pack_beside
from fastbp.kernels.sizes import CHUNK, DEPTH
from fastbp.kernels.tile import FROM_C


@unit(FORWARD)
def forward_layer(
    network: Network, workspace: Workspace, layer: int, rows: int, panel: int, panel_end: int, unit: int, unit_end: int, block: int
) -> None:
    """Units `unit` to `unit_end` of one layer, of panels `panel` to `panel_end`; the output layer keeps its logits.

    `block` is a place in the scratch with room for a block of weights.
    """
    table, parameters, values, scratch = network.table, network.parameters, workspace.activations, workspace.scratch
    n_in, n_out, weight = table[layer, N_IN], table[layer, N_OUT], table[layer, WEIGHT]
    lanes = lanes_of(values)
    step = workspace.width * lanes
    pack = panel_end - panel >= PANELS_TO_PACK
    for k in range(0, n_in, DEPTH):
        depth = min(DEPTH, n_in - k)
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
                if k + depth == n_in and layer < table.shape[0] - 1:
                    activate(table[layer, ACTIVATION], network.slopes[layer], values, c, count * workspace.width)
