"""The norm of each row's gradient, from what a batch has left in the buffers of the kernels: none of these gradients is made.

The gradient of a layer's weights on row r is the outer product of what the layer reads and of its delta, so that its square is

    |a_r|^2 |delta_r|^2,   with that of the biases (|a_r|^2 + 1) |delta_r|^2        (I. Goodfellow, arXiv:1510.01799)

and of a normalised layer, y = scale x + shift, beside it |dL/dy_r x_r|^2 + |dL/dy_r|^2.
"""

from __future__ import annotations

import numpy as np

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.kernels.arguments import N_IN, N_OUT, NORM, ROWS_IN, ROWS_OUT, UNITS_IN, UNITS_OUT, Network, Workspace
from fastbp.kernels.codes import NO_NORM
from fastbp.kernels.lanes.sizes import BYTES, FEW
from fastbp.kernels.loader import squares

#: Rows at a time, where a row's gradient depends on no other row: their buffers stay small.
BLOCK = 1024


def squares_of_gradients(network: Network, held: Workspace, normalized: Array, rows: int) -> NDArray[np.float64]:
    """Of each row of the last batch, by its share of the loss; the workspace tells the width of its panels."""
    found = _of_few(network, held, rows) if rows <= FEW else _of_panels(network, held, rows)
    # Numbers in the places of rows that there are not may be any.
    with np.errstate(all="ignore"):
        for layer in range(network.layers - 1):
            if network.table[layer, NORM] != NO_NORM:
                found = found + _of_normalized(network, held, normalized, layer, rows)
    return found.astype(np.float64)


def _of_panels(network: Network, held: Workspace, rows: int) -> Array:
    panel_rows = held.width * (BYTES // held.deltas.itemsize)
    panels = -(-rows // panel_rows)
    found = np.zeros(panels * panel_rows, held.deltas.dtype)
    for row in network.table.tolist():
        places = held.capacity * row[UNITS_IN], held.capacity * row[UNITS_OUT], row[N_IN], row[N_OUT]
        squares().add_squares(held.activations, held.deltas, places, panels, panel_rows, found)
    return found[:rows]


def _of_few(network: Network, held: Workspace, rows: int) -> Array:
    found = np.zeros(rows, held.deltas.dtype)
    for row in network.table.tolist():
        a, delta = (
            layout.rows_in(held, held.activations, row[ROWS_IN], row[N_IN], rows),
            layout.rows_in(held, held.deltas, row[ROWS_OUT], row[N_OUT], rows),
        )
        found += ((a * a).sum(axis=1) + 1) * (delta * delta).sum(axis=1)
    return found


def _of_normalized(network: Network, held: Workspace, normalized: Array, layer: int, rows: int) -> Array:
    """Of scales and shifts, from the deltas above; what is normalised lies in panels, however few rows there are."""
    above = network.table[layer + 1].tolist()
    if rows <= FEW:
        deltas = layout.rows_in(held, held.deltas, above[ROWS_OUT], above[N_OUT], rows).T[np.newaxis]
    else:
        deltas = layout.panels_in(held, held.deltas, above[UNITS_OUT], above[N_OUT], rows)
    x, slopes = (
        layout.panels_in(held, values, above[UNITS_IN], above[N_IN], rows)[..., : deltas.shape[2]]
        for values in (normalized, held.derivatives)
    )
    errors = (layout.matrices(network.parameters, network.table)[0][layer + 1] @ deltas) * slopes
    found: Array = ((errors * x) ** 2 + errors**2).sum(axis=1).reshape(-1)[:rows]
    return found
