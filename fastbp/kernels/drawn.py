"""The random numbers of a step, for who wants to see which units it leaves out and what noise it adds (``dropout.py``)."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import program
from fastbp.kernels.lanes.memory import store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.random import gaussian, stream, uniform


@program
def draw(out: Any, key: int, step: int, purpose: int, units: int, normal: bool) -> None:
    """``out[unit, row]``, flat, of the numbers that a step needs for one purpose; rows are whole vectors."""
    rows, of_purpose = out.size // units, stream(key, step, purpose)
    for u in range(units):
        for r in range(0, rows, lanes_of(out)):
            store(out, u * rows + r, gaussian(out, of_purpose, r, u, 1) if normal else uniform(out, of_purpose, r, u, 1))
