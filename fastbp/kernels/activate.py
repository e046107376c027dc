"""Activation functions and their derivatives, chosen by an integer code, over a run of units."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._jit import scalar
from fastbp.kernels.codes import LEAKY_RELU, RELU, SIGMOID, SOFTMAX, TANH
from fastbp.kernels.elementary import exp_nonpositive, sigmoid, tanh


@scalar
def activate(code: int, slope: Any, units: Any, begin: int, count: int) -> None:
    """units[begin : begin + count] = act(units[begin : begin + count]), for every activation but softmax."""
    zero = type(slope)(0)
    if code == SIGMOID:
        for i in range(count):
            units[np.uint64(begin + i)] = sigmoid(units[np.uint64(begin + i)])
    elif code == TANH:
        for i in range(count):
            units[np.uint64(begin + i)] = tanh(units[np.uint64(begin + i)])
    elif code == RELU:
        for i in range(count):
            z = units[np.uint64(begin + i)]
            units[np.uint64(begin + i)] = zero if z < zero else z
    elif code == LEAKY_RELU:
        for i in range(count):
            z = units[np.uint64(begin + i)]
            units[np.uint64(begin + i)] = slope * z if z < zero else z


@scalar
def multiply_by_derivative(code: int, slope: Any, units: Any, deltas: Any, begin: int, count: int) -> None:
    """Deltas *= act'(z) over a run, the derivative written by the activation's own output, so that z need not be kept."""
    zero, one = type(slope)(0), type(slope)(1)
    if code == SIGMOID:
        for i in range(count):
            a = units[np.uint64(begin + i)]
            deltas[np.uint64(begin + i)] *= a * (one - a)
    elif code == TANH:
        for i in range(count):
            a = units[np.uint64(begin + i)]
            deltas[np.uint64(begin + i)] *= one - a * a
    elif code == RELU:
        for i in range(count):
            if not units[np.uint64(begin + i)] > zero:
                deltas[np.uint64(begin + i)] = zero
    elif code == LEAKY_RELU:
        for i in range(count):
            if not units[np.uint64(begin + i)] > zero:
                deltas[np.uint64(begin + i)] *= slope


@scalar
def exponentials(z: Any, begin: int, count: int, out: Any) -> tuple[Any, Any]:
    """Out = exp(z - max z) over one row; returns the maximum and the sum."""
    highest = z[begin]
    for j in range(1, count):
        highest = max(highest, z[begin + j])
    for j in range(count):
        out[np.uint64(begin + j)] = exp_nonpositive(z[np.uint64(begin + j)] - highest)
    total = out[begin]
    for j in range(1, count):
        total += out[begin + j]
    return highest, total


@scalar
def activate_output(code: int, slope: Any, units: Any, begin: int, rows: int, columns: int) -> None:
    """What the output layer gives, in place of its logits: softmax row by row, every other activation unit by unit."""
    if code != SOFTMAX:
        activate(code, slope, units, begin, rows * columns)
        return
    for i in range(rows):
        row = begin + i * columns
        _, total = exponentials(units, row, columns, units)
        for j in range(columns):
            units[np.uint64(row + j)] /= total
