"""The Jacobian of a net's outputs by its parameters, layer by layer for a block of rows, and the products of its columns.

In float64: least squares are solved to more digits than a gradient needs. Its arrays are Numba's own, as a call does much.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from fastbp._typing import NDArray
from fastbp.compiling.jit import kernel, program, scalar

#: Rows of J that are added at a time; those that are not there are zeros.
TOGETHER = 4
# Columns of J in a tile, which stays in the first-level cache with as many of the products, and rows of the products that read it there.
_TILE, _ROWS = 512, 4

Numbers = NDArray[np.float64]


@program
def write_layer(inputs: Numbers, deltas: Numbers, jacobian: Numbers, at: int) -> None:
    """The columns of a layer, from `at` on: W row by row, then b.

    `inputs` (rows, n_in) is what the layer reads, `deltas` (rows, outputs, n_out) how each output of the net changes with its z.
    """
    rows, outputs, units = deltas.shape
    n_in = inputs.shape[1]
    for i in range(rows):
        for k in range(outputs):
            row = i * outputs + k
            for p in range(n_in):
                for q in range(units):
                    jacobian[row, at + p * units + q] = inputs[i, p] * deltas[i, k, q]
            for q in range(units):
                jacobian[row, at + n_in * units + q] = deltas[i, k, q]


@program
def go_back(deltas: Numbers, weights: Numbers, slopes: Numbers, found: Numbers) -> None:
    """The deltas of the layer below, through the weights between them and the slopes of its activation at each row."""
    rows, outputs, units = deltas.shape
    below = weights.shape[0]
    for i in range(rows):
        for k in range(outputs):
            for p in range(below):
                total = 0.0
                for q in range(units):
                    total += deltas[i, k, q] * weights[p, q]
                found[i, k, p] = total * slopes[i, p]


def add_products(columns: Numbers, products: Numbers, tasks: int) -> None:
    """``products += columns^T columns``, on and above the diagonal, on so many tasks.

    The number of rows is a multiple of TOGETHER. Each product is one sum in the order of the rows, whoever adds it up.
    """
    _add_products(columns, products, tasks)


@program
def _add_products(columns: Numbers, products: Numbers, tasks: int) -> None:
    if tasks > 1:
        _side_by_side(columns, products, tasks)
    else:
        _add_part(columns, products, 0, 1)


@kernel
def _side_by_side(columns: Numbers, products: Numbers, tasks: int) -> None:
    for number in prange(tasks):
        own: int = np.int64(number)  # type: ignore[assignment]
        _add_part(columns, products, own, tasks)


@scalar
def _add_part(columns: Numbers, products: Numbers, number: int, tasks: int) -> None:
    """The rows of the products that belong to a task: some here and some there, as those further down are shorter."""
    rows, size = columns.shape
    for first in range(number * _ROWS, size, tasks * _ROWS):
        for begin in range(first, size, _TILE):
            end = min(size, begin + _TILE)
            for i in range(0, rows, TOGETHER):
                for p in range(first, min(size, first + _ROWS)):
                    a, b, c, d = columns[i, p], columns[i + 1, p], columns[i + 2, p], columns[i + 3, p]
                    for q in range(begin, end):
                        products[p, q] += a * columns[i, q] + b * columns[i + 1, q] + c * columns[i + 2, q] + d * columns[i + 3, q]
