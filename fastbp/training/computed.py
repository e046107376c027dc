"""Numbers of a batch out of the buffers of the kernels, where they lie by the words of ``kernels/arguments.py``."""

from __future__ import annotations

from fastbp import layout
from fastbp._typing import Array
from fastbp.kernels.arguments import N_IN, N_OUT, NORM, ROWS_IN, ROWS_OUT, UNITS_IN, UNITS_OUT, Network, Workspace
from fastbp.kernels.codes import NO_NORM
from fastbp.kernels.lanes.sizes import FEW
from fastbp.training.under_way import Computed


def computed(network: Network, held: Workspace, normalized: Array, rows: int, gradient: Array | None) -> Computed:
    """Copies of what a step has left of its batch of so many rows, beside its gradient; `normalized` as of the kernels' `Shaping`."""
    layers = range(network.layers)
    activations = [_units(held, held.activations, rows, *network.table[layer, [UNITS_IN, ROWS_IN, N_IN]].tolist()) for layer in layers]
    deltas = [_units(held, held.deltas, rows, *network.table[layer, [UNITS_OUT, ROWS_OUT, N_OUT]].tolist()) for layer in layers]
    # These lie in panels, however few rows there are.
    places = [network.table[layer, [UNITS_OUT, N_OUT]].tolist() for layer in layers if network.table[layer, NORM] != NO_NORM]
    standardized, slopes = ([_in_panels(held, values, rows, *each) for each in places] for values in (normalized, held.derivatives))
    return Computed(activations, deltas, standardized, slopes, held.row_weights[:rows].copy(), gradient)


def _units(held: Workspace, values: Array, rows: int, units: int, few: int, count: int) -> Array:
    """Numbers (rows, count) of a layer, whose units begin after so many others: in panels, or a few rows each in one piece."""
    if rows <= FEW:
        return layout.rows_in(held, values, few, count, rows).copy()
    return _in_panels(held, values, rows, units, count)


def _in_panels(held: Workspace, values: Array, rows: int, units: int, count: int) -> Array:
    found: Array = layout.panels_in(held, values, units, count, rows).transpose(0, 2, 1).reshape(-1, count)[:rows].copy()
    return found
