"""Numbers of a batch out of the buffers of the kernels, where they lie by the words of ``kernels/arguments.py``."""

from __future__ import annotations

from fastbp import layout
from fastbp._typing import Array
from fastbp.kernels.arguments import N_IN, N_OUT, NORM, ROWS_IN, ROWS_OUT, UNITS_IN, UNITS_OUT, Network, Workspace
from fastbp.kernels.codes import NO_NORM
from fastbp.kernels.lanes.sizes import FEW
from fastbp.training.under_way import Computed


def computed(network: Network, held: Workspace, normalized: Array, rows: int, gradient: Array | None, rates: Array) -> Computed:
    """Copies of what a step has left of its batch of so many rows, beside gradient and rates; `normalized` as of the kernels' `Shaping`."""
    table = network.table.tolist()
    activations = [_units(held, held.activations, rows, row[UNITS_IN], row[ROWS_IN], row[N_IN]) for row in table]
    deltas = [_units(held, held.deltas, rows, row[UNITS_OUT], row[ROWS_OUT], row[N_OUT]) for row in table]
    # These lie in panels, however few rows there are.
    places = [(row[UNITS_OUT], row[N_OUT]) for row in table if row[NORM] != NO_NORM]
    standardized, slopes = ([_in_panels(held, values, rows, *each) for each in places] for values in (normalized, held.derivatives))
    return Computed(activations, deltas, standardized, slopes, held.row_weights[:rows].copy(), gradient, rates)


def _units(held: Workspace, values: Array, rows: int, units: int, few: int, count: int) -> Array:
    """Numbers (rows, count) of a layer, whose units begin after so many others: in panels, or a few rows each in one piece."""
    if rows <= FEW:
        return layout.rows_in(held, values, few, count, rows).copy()
    return _in_panels(held, values, rows, units, count)


def _in_panels(held: Workspace, values: Array, rows: int, units: int, count: int) -> Array:
    panels = layout.panels_in(held, values, units, count, rows)
    if len(panels) == 1:
        one: Array = panels[0, :, :rows].T.copy()
        return one
    # Copied once, with what the last panel has room for beyond the rows.
    several: Array = panels.transpose(0, 2, 1).copy().reshape(-1, count)[:rows]
    return several
