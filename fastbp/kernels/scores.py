"""Losses and right answers of rows, added up in double precision: a mean of ones is one."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.compiling.jit import program


def add_scores(found: Array, weights: Array | None, answers: int, sums: NDArray[np.float64]) -> None:
    """``sums += [w loss, w hits / answers, w]`` over the rows of `found` (rows, 2), in a fixed order, w = 1 without weights."""
    if weights is None:
        _add(found, answers, sums)
    else:
        _add_weighted(found, weights.astype(np.float64), answers, sums)


@program
def _add(found: Array, answers: int, sums: NDArray[np.float64]) -> None:
    # Even and odd rows apart: an addition need not wait for the one before.
    even, odd, hits, more_hits = 0.0, 0.0, 0.0, 0.0
    for i in range(0, len(found) - 1, 2):
        even += found[i, 0]
        odd += found[i + 1, 0]
        hits += found[i, 1]
        more_hits += found[i + 1, 1]
    if len(found) % 2:
        even += found[-1, 0]
        hits += found[-1, 1]
    sums[0] += even + odd
    sums[1] += (hits + more_hits) / answers
    sums[2] += len(found)


@program
def _add_weighted(found: Array, weights: NDArray[np.float64], answers: int, sums: NDArray[np.float64]) -> None:
    losses, shares, total = sums[0], sums[1], sums[2]
    for i in range(len(found)):
        share = found[i, 1] / answers if answers > 1 else np.float64(found[i, 1])
        losses += weights[i] * found[i, 0]
        shares += weights[i] * share
        total += weights[i]
    sums[0], sums[1], sums[2] = losses, shares, total
