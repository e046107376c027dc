"""Forward pass: ``a_l = act(a_(l-1) W_l + b_l)`` for every layer, all outputs kept for the way back."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.activate import activate
from fastbp.kernels.arguments import BIAS, N_IN, N_OUT, WEIGHT, Network, Workspace
from fastbp.kernels.codes import FORWARD
from fastbp.kernels.lanes.column import beyond, tile_rows
from fastbp.kernels.lanes.matrix import FROM_C, Ahead, Matrix, Start, Then
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import depth_of, lanes_of, strip_of, vectors_of
from fastbp.kernels.lanes.product import multiply_beside, multiply_strip, pack_beside, packs_beside
from fastbp.kernels.lanes.sizes import CHUNK, DEPTH, FEW
from fastbp.kernels.places import few_inputs, few_outputs, input_at, output_at, panel_rows_of, vectors_in
from fastbp.kernels.portions import Span
from fastbp.kernels.turn import to_panel


def forward_layer_of(forward_few: Any, *, bare: bool) -> Any:
    """The unit that leaves a = act(z), or z where it is `bare`; `forward_few` is what it does with a few rows."""

    def forward_layer(
        network: Network, workspace: Workspace, layer: int, rows: int, panels: Span, units: Span, inputs: Span, scratch_at: int
    ) -> None:
        """``z[u] += sum_i W[i, u] a[i]`` over `inputs`, for some units of a layer and the rows of some panels.

        With its first input z begins at the bias b[u]; with its last one it becomes a[u] = act(z[u]), but in the output layer.
        """
        if rows <= FEW:
            forward_few(network, workspace, layer, rows, units, inputs)
            return
        table, parameters, values = network.table, network.parameters, workspace.activations
        n_in, n_out, panel_rows = table[layer, N_IN], table[layer, N_OUT], panel_rows_of(workspace)
        pack, packed = packs_beside(parameters, n_out, panels.end - panels.begin), Matrix(workspace.scratch, scratch_at, CHUNK)
        most = depth_of(inputs.end - inputs.begin, DEPTH)
        for i in range(inputs.begin, inputs.end, most):
            depth = min(most, inputs.end - i)
            for u in range(units.begin, units.end, CHUNK):
                count, start = min(CHUNK, units.end - u), table[layer, BIAS] + u if i == 0 else FROM_C
                weights = Matrix(parameters, table[layer, WEIGHT] + i * n_out + u, n_out)
                if pack:
                    pack_beside(packed, weights, count, depth)
                ahead = _next_weights(network, layer, inputs, units, i, u, most)
                for p in range(panels.begin, panels.end):
                    z = Matrix(values, output_at(network, workspace, layer, p, u), panel_rows)
                    a = Matrix(values, input_at(network, workspace, layer, p, i), panel_rows)
                    left, vectors = packed if pack else weights, vectors_in(workspace, rows, p)
                    next_at = output_at(network, workspace, layer, p + 1, u) if p + 1 < panels.end else z.at
                    multiply_beside(z, left, a, count, vectors, depth, Start(parameters, start), Then(next_at, ahead))
                    ahead = beyond(ahead, count // tile_rows(vectors))
                    if not bare and i + depth == n_in and layer < network.layers - 1:
                        activate(network, workspace, layer, z.at, count * workspace.width)

    return forward_layer


@scalar
def _next_weights(network: Network, layer: int, inputs: Span, units: Span, i: int, u: int, most: int) -> Ahead:
    """The block of weights after the one of input i and unit u, of up to `most` inputs, which may come from another core."""
    table, n_out = network.table, network.table[layer, N_OUT]
    u += CHUNK
    if u >= units.end:
        i, u = i + most, units.begin
    rows, columns = max(0, min(most, inputs.end - i)), min(CHUNK, units.end - u)
    return Ahead(network.parameters, table[layer, WEIGHT] + i * n_out + u, n_out, rows, columns)


def forward_few_of(*, bare: bool) -> Any:
    """The same numbers for a few rows, with units on the lanes: the weights are the right operand, read in place."""

    @scalar
    def forward_few(network: Network, workspace: Workspace, layer: int, rows: int, units: Span, inputs: Span) -> None:
        table, parameters, values, lanes = network.table, network.parameters, workspace.activations, lanes_of(workspace.activations)
        a, z = few_inputs(values, network, workspace, layer), few_outputs(values, network, workspace, layer)
        left, depth = Matrix(values, a.at + inputs.begin, a.row), inputs.end - inputs.begin
        row_at, n_out = table[layer, WEIGHT] + inputs.begin * table[layer, N_OUT], table[layer, N_OUT]
        strip = strip_of(rows, vectors_of(units.end - units.begin, lanes)) * lanes
        for u in range(units.begin, units.end, strip):
            count = min(strip, units.end - u)
            sums, vectors = Matrix(values, z.at + u, z.row), vectors_of(count, lanes)
            for r in range(rows if inputs.begin == 0 else 0):
                for j in range(0, count, lanes):
                    store(values, sums.at + r * sums.row + j, load(parameters, table[layer, BIAS] + u + j))
            weights = Matrix(parameters, row_at + u, n_out)
            multiply_strip(sums, left, weights, rows, vectors, depth, Start(parameters, FROM_C))
            if inputs.end < table[layer, N_IN]:
                continue
            if bare or layer == network.layers - 1:
                to_panel(network, workspace, values, layer, Span(u, u + count))
            else:
                for r in range(rows):
                    activate(network, workspace, layer, sums.at + r * sums.row, vectors)

    return forward_few


forward_layer = unit(FORWARD)(forward_layer_of(forward_few_of(bare=False), bare=False))
