"""Activation functions and their derivatives, chosen by an integer code, over a run of vectors."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import LEAKY_RELU, RELU, SIGMOID, TANH
from fastbp.kernels.lanes.elementary import exp_nonpositive, sigmoid, tanh
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.vector import select, splat


@scalar
def activate(code: int, slope: Any, units: Any, at: int, vectors: int) -> None:
    """Units = act(units) for `vectors` vectors from place `at` on, for every activation but softmax."""
    lanes = lanes_of(units)
    end = at + vectors * lanes
    if code == SIGMOID:
        for i in range(at, end, lanes):
            store(units, i, sigmoid(load(units, i)))
    elif code == TANH:
        for i in range(at, end, lanes):
            store(units, i, tanh(load(units, i)))
    elif code == RELU:
        for i in range(at, end, lanes):
            z = load(units, i)
            store(units, i, select(z < 0, 0, z))
    elif code == LEAKY_RELU:
        for i in range(at, end, lanes):
            z = load(units, i)
            store(units, i, select(z < 0, slope * z, z))


@scalar
def multiply_by_derivative(code: int, slope: Any, units: Any, deltas: Any, at: int, vectors: int) -> None:
    """Deltas *= act'(z) over a run, the derivative written by the activation's own output, so that z need not be kept."""
    lanes = lanes_of(units)
    end = at + vectors * lanes
    if code == SIGMOID:
        for i in range(at, end, lanes):
            a = load(units, i)
            store(deltas, i, load(deltas, i) * (a * (1 - a)))
    elif code == TANH:
        for i in range(at, end, lanes):
            a = load(units, i)
            store(deltas, i, load(deltas, i) * (1 - a * a))
    elif code == RELU:
        for i in range(at, end, lanes):
            store(deltas, i, select(load(units, i) > 0, load(deltas, i), 0))
    elif code == LEAKY_RELU:
        for i in range(at, end, lanes):
            d = load(deltas, i)
            store(deltas, i, select(load(units, i) > 0, d, slope * d))


@scalar
def exponentials(z: Any, out: Any, at: int, count: int, panel_rows: int) -> tuple[Any, Any]:
    """Out = exp(z - max z) over the `count` units of a vector of rows, `panel_rows` elements apart; returns the maxima and the sums."""
    highest = load(z, at)
    for j in range(1, count):
        logit = load(z, at + j * panel_rows)
        # NaN is neither larger nor smaller: once met, it stays.
        highest = select(logit < highest, highest, logit)
    total = splat(z, 0)
    for j in range(count):
        e = exp_nonpositive(load(z, at + j * panel_rows) - highest)
        store(out, at + j * panel_rows, e)
        total = total + e
    return highest, total


@scalar
def softmax(z: Any, at: int, count: int, panel_rows: int) -> None:
    """Softmax of the logits of a vector of rows, in place."""
    _, total = exponentials(z, z, at, count, panel_rows)
    for j in range(count):
        store(z, at + j * panel_rows, load(z, at + j * panel_rows) / total)
