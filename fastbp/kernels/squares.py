"""The square of the gradient of a layer on each row of a batch, without these gradients: ``(|a_r|^2 + 1) |delta_r|^2``, biases with it."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import program, scalar
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.vector import fma, splat


@program
def add_squares(activations: Any, deltas: Any, places: tuple[int, int, int, int], panels: int, panel_rows: int, out: Any) -> None:
    """``out[r] += (|a_r|^2 + 1) |delta_r|^2`` for the rows of all panels.

    The places are where the inputs of a layer begin and where its units, and how many there are of each.
    """
    inputs_at, units_at, n_in, n_out = places
    for p in range(panels):
        for v in range(0, panel_rows, lanes_of(out)):
            of_inputs = _squares(activations, inputs_at + p * n_in * panel_rows + v, n_in, panel_rows)
            of_deltas = _squares(deltas, units_at + p * n_out * panel_rows + v, n_out, panel_rows)
            at = p * panel_rows + v
            store(out, at, load(out, at) + (of_inputs + 1) * of_deltas)


@scalar
def _squares(values: Any, at: int, count: int, panel_rows: int) -> Any:
    """The sum over the units, for a vector of rows; in two chains, so that one need not wait for the other."""
    even, odd = splat(values, 0), splat(values, 0)
    for i in range(at, at + count // 2 * 2 * panel_rows, 2 * panel_rows):
        x, y = load(values, i), load(values, i + panel_rows)
        even, odd = fma(x, x, even), fma(y, y, odd)
    if count % 2 == 1:
        x = load(values, at + (count - 1) * panel_rows)
        even = fma(x, x, even)
    return even + odd
