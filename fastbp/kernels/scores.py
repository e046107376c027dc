"""Losses and right answers of rows, and the errors of outputs, added up in double precision and one order: a mean of ones is one."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.compiling.jit import program
from fastbp.kernels.codes import ABSOLUTE, COUNT, RELATIVE, SPREAD, SQUARED, WEIGHT

Numbers = NDArray[np.float64]

# As in scikit-learn: targets nearer to 0 count as this.
_LEAST = float(np.finfo(np.float64).eps)
_ONE, _BLOCK = np.ones(1), 256


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


def sums_of_errors(targets: Array, found: Array, weights: NDArray[np.float64] | None, relative: bool) -> NDArray[np.float64]:
    """Of each target, a column of float64, the sums that `codes` lists, over rows where it is not NaN: (6, targets).

    Those of relative errors, which take a division each, are 0 unless they are asked for.
    """
    targets, columns, weights = np.ascontiguousarray(targets), targets.shape[1], _ONE if weights is None else weights
    sums, first, beyond = np.zeros((SPREAD + 1, columns)), np.full(columns, np.nan), np.zeros(columns)
    _add_errors(targets, np.ascontiguousarray(found), weights, first, beyond, sums, relative)
    # About a target of each column first, so that those which are all the same have no spread; without targets NaN, which nobody reads.
    with np.errstate(invalid="ignore"):
        _add_spread(targets, weights, first + beyond / sums[WEIGHT], sums[SPREAD])
    return sums


@program
def _add_errors(
    targets: Numbers, found: Numbers, weights: Numbers, first: Numbers, beyond: Numbers, sums: Numbers, with_relative: bool
) -> None:  # fmt: skip
    rows, columns, step = targets.shape[0], targets.shape[1], 1 if weights.size > 1 else 0
    # Column after column of so many rows as stay in the first cache: what is summed stays in registers.
    for begin in range(0, rows, _BLOCK):
        for j in range(columns):
            count, total, absolute, squared, relative, above = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for i in range(begin, min(begin + _BLOCK, rows)):
                target = targets[i, j]
                if target == target:
                    weight, error = weights[i * step], abs(found[i, j] - target)
                    if first[j] != first[j]:
                        first[j] = target
                    count += 1
                    total += weight
                    absolute += weight * error
                    squared += weight * error * error
                    if with_relative:
                        relative += weight * (error / max(abs(target), _LEAST))
                    above += weight * (target - first[j])
            sums[COUNT, j] += count
            sums[WEIGHT, j] += total
            sums[ABSOLUTE, j] += absolute
            sums[SQUARED, j] += squared
            sums[RELATIVE, j] += relative
            beyond[j] += above


@program
def _add_spread(targets: Numbers, weights: Numbers, means: Numbers, spread: Numbers) -> None:
    step = 1 if weights.size > 1 else 0
    for i in range(targets.shape[0]):
        for j in range(targets.shape[1]):
            if targets[i, j] == targets[i, j]:
                spread[j] += weights[i * step] * (targets[i, j] - means[j]) ** 2
