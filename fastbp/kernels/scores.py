"""Losses and right answers of rows, added up in double precision: a mean of ones is one."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.compiling.jit import program


def add_scores(found: Array, weights: Array | None, answers: int, sums: NDArray[np.float64]) -> None:
    """``sums += [w loss, w hits / answers, w]`` over the rows of `found` (rows, 2), one after the other, w = 1 without weights."""
    _add(found, np.empty(0) if weights is None else weights.astype(np.float64), answers, sums)


@program
def _add(found: Array, weights: NDArray[np.float64], answers: int, sums: NDArray[np.float64]) -> None:
    losses, shares, total = sums[0], sums[1], sums[2]
    for i in range(len(found)):
        weight = weights[i] if weights.size > 0 else 1.0
        losses += weight * found[i, 0]
        shares += weight * (found[i, 1] / answers)
        total += weight
    sums[0], sums[1], sums[2] = losses, shares, total
