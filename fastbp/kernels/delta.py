"""Deltas: the gradient of the loss with respect to ``z = a W + b``, from the output layer back to the first.

Output layer: the error of each node times its activation's derivative (``loss.py``). Hidden layer l, by the chain rule through the layer
above: ``delta_l = (delta_(l+1) W_(l+1)^T) * act'(z_l)``.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.compiling.units import unit
from fastbp.kernels.activate import multiply_by_derivative
from fastbp.kernels.arguments import N_OUT, WEIGHT, Network, Workspace
from fastbp.kernels.codes import DELTA
from fastbp.kernels.lanes.column import beyond, tile_rows
from fastbp.kernels.lanes.matrix import FROM_C, FROM_ZERO, Ahead, Matrix, Start, Then
from fastbp.kernels.lanes.panels import depth_of, lanes_of, strip_of, vectors_of
from fastbp.kernels.lanes.product import multiply_beside, multiply_in_place, multiply_strip, pack_apart, packs_apart
from fastbp.kernels.lanes.sizes import CHUNK, DEPTH, FEW, LONG_DEPTH
from fastbp.kernels.places import few_inputs, few_outputs, input_at, output_at, panel_rows_of, vectors_in
from fastbp.kernels.portions import Span
from fastbp.kernels.turn import turn


def hidden_delta_of(delta_few: Any, *, bare: bool) -> Any:
    """The unit that leaves dL/dz, or dL/da where it is `bare`; `delta_few` is what it does with a few rows."""

    def hidden_delta(network: Network, workspace: Workspace, layer: int, rows: int, panels: Span, inputs: Span, scratch_at: int) -> None:
        """``delta[i] = act'(z[i]) sum_u W[i, u] delta[u]`` for some inputs of a layer, units of the one below, of some panels."""
        if rows <= FEW:
            delta_few(network, workspace, layer, rows, inputs, scratch_at)
            return
        table, parameters, deltas = network.table, network.parameters, workspace.deltas
        n_out, panel_rows = table[layer, N_OUT], panel_rows_of(workspace)
        pack, packed = packs_apart(parameters, n_out, panels.end - panels.begin), Matrix(workspace.scratch, scratch_at, CHUNK)
        most = depth_of(n_out, DEPTH if pack else LONG_DEPTH)
        for u in range(0, n_out, most):
            depth, start = min(most, n_out - u), Start(parameters, FROM_ZERO if u == 0 else FROM_C)
            for i in range(inputs.begin, inputs.end, CHUNK):
                count = min(CHUNK, inputs.end - i)
                weights = Matrix(parameters, table[layer, WEIGHT] + i * n_out + u, n_out)
                if pack:
                    pack_apart(packed, weights, count, depth)
                ahead = _next_weights(network, layer, inputs, i, u, most)
                for p in range(panels.begin, panels.end):
                    below = Matrix(deltas, input_at(network, workspace, layer, p, i), panel_rows)
                    above = Matrix(deltas, output_at(network, workspace, layer, p, u), panel_rows)
                    vectors = vectors_in(workspace, rows, p)
                    next_at = input_at(network, workspace, layer, p + 1, i) if p + 1 < panels.end else below.at
                    if pack:
                        multiply_beside(below, packed, above, count, vectors, depth, start, Then(next_at, ahead))
                        ahead = beyond(ahead, count // tile_rows(vectors))
                    else:
                        multiply_in_place(below, weights, above, count, vectors, depth, start, next_at)
                    if not bare and u + depth == n_out:
                        multiply_by_derivative(network, workspace, layer - 1, below.at, count * workspace.width)
                        turn(network, workspace, layer - 1, p, i, count, vectors)

    return hidden_delta


@scalar
def _next_weights(network: Network, layer: int, inputs: Span, i: int, u: int, most: int) -> Ahead:
    """The block of weights after the one of input i and unit u, of up to `most` units, which may come from another core."""
    table, n_out = network.table, network.table[layer, N_OUT]
    i += CHUNK
    if i >= inputs.end:
        i, u = inputs.begin, u + most
    rows, columns = min(CHUNK, inputs.end - i), min(most, n_out - u)
    return Ahead(network.parameters, table[layer, WEIGHT] + i * n_out + u, n_out, rows if columns > 0 else 0, columns)


def delta_few_of(*, bare: bool) -> Any:
    """The same numbers for a few rows, with inputs on the lanes: the weights, turned on the way, are the right operand."""

    @scalar
    def delta_few(network: Network, workspace: Workspace, layer: int, rows: int, inputs: Span, scratch_at: int) -> None:
        table, deltas, scratch, lanes = network.table, workspace.deltas, workspace.scratch, lanes_of(workspace.deltas)
        n_out, most = table[layer, N_OUT], depth_of(table[layer, N_OUT], DEPTH)
        below, above = few_inputs(deltas, network, workspace, layer), few_outputs(deltas, network, workspace, layer)
        for i in range(inputs.begin, inputs.end, CHUNK):
            count = min(CHUNK, inputs.end - i)
            for u in range(0, n_out, most):
                depth, start = min(most, n_out - u), Start(scratch, FROM_ZERO if u == 0 else FROM_C)
                weights = Matrix(network.parameters, table[layer, WEIGHT] + i * n_out + u, n_out)
                pack_apart(Matrix(scratch, scratch_at, CHUNK), weights, count, depth)
                left = Matrix(deltas, above.at + u, above.row)
                strip = strip_of(rows, vectors_of(count, lanes))
                for j in range(0, count, strip * lanes):
                    sums, right = Matrix(deltas, below.at + i + j, below.row), Matrix(scratch, scratch_at + j, CHUNK)
                    multiply_strip(sums, left, right, rows, min(strip, vectors_of(count - j, lanes)), depth, start)
            for r in range(0 if bare else rows):
                multiply_by_derivative(network, workspace, layer - 1, below.at + i + r * below.row, vectors_of(count, lanes))

    return delta_few


hidden_delta = unit(DELTA)(hidden_delta_of(delta_few_of(bare=False), bare=False))
