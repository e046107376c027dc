"""Losses and right answers of rows, added up in double precision: a mean of ones is one."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.compiling.jit import program


def add_scores(losses: Array, hits: Array, weights: Array | None, answers: int, sums: NDArray[np.float64]) -> None:
    """``sums += [w loss, w hits / answers, w]`` over rows, in a fixed order, w = 1 without weights."""
    if weights is None:
        _add(losses, hits, answers, sums)
    else:
        _add_weighted(losses, hits, weights.astype(np.float64), answers, sums)


@program
def _add(losses: Array, hits: Array, answers: int, sums: NDArray[np.float64]) -> None:
    # Even and odd rows apart: an addition need not wait for the one before.
    even, odd, even_hits, odd_hits, rows = 0.0, 0.0, 0.0, 0.0, len(losses)
    for i in range(0, rows - 1, 2):
        even += np.float64(losses[i])
        odd += np.float64(losses[i + 1])
        even_hits += np.float64(hits[i])
        odd_hits += np.float64(hits[i + 1])
    if rows % 2:
        even += np.float64(losses[-1])
        even_hits += np.float64(hits[-1])
    sums[0] += even + odd
    sums[1] += (even_hits + odd_hits) / answers
    sums[2] += rows


@program
def _add_weighted(losses: Array, hits: Array, weights: NDArray[np.float64], answers: int, sums: NDArray[np.float64]) -> None:
    loss, shares, total = sums[0], sums[1], sums[2]
    for i in range(len(losses)):
        share = np.float64(hits[i]) / answers if answers > 1 else np.float64(hits[i])
        loss += weights[i] * np.float64(losses[i])
        shares += weights[i] * share
        total += weights[i]
    sums[0], sums[1], sums[2] = loss, shares, total
