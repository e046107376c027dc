"""Units by their names, and which of them count most in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastbp._names import integer
from fastbp._textbook import Array
from fastbp._typing import NDArray

if TYPE_CHECKING:
    from fastbp.trace.ledger import Trace


def name_of(trace: Trace, column: int, unit: int) -> str:
    """x0 of the inputs, y0 of the outputs, h0 of a hidden layer, h1.0 of the first of several."""
    last = len(trace.layer_sizes) - 1
    letter = "x" if column == 0 else "y" if column == last else "h" if last == 2 else f"h{column}."
    return f"{letter}{unit}"


def carried(trace: Trace) -> list[Array]:
    """What of each row's error goes through each unit, to first order: its output times what comes back to it; of outputs the delta."""
    back = [a * (delta @ w.T) for a, delta, w in zip(trace.activations[:-1], trace.deltas, trace.weights, strict=True)]
    return [*map(np.abs, back), np.abs(trace.deltas[-1])]


def largest(values: Array, most: int | None) -> NDArray[np.intp]:
    """Where the largest are, in order of place."""
    return np.sort(np.argsort(-np.abs(values), kind="stable")[:most])


def check_row(trace: Trace, row: int) -> int:
    """A row of the batch, or an error."""
    rows = len(trace.inputs)
    if integer(row, "row", least=0) >= rows:
        raise ValueError(f"row is {row}; the batch has rows 0 to {rows - 1}")
    return row
