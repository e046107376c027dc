"""The bits that every product must have: each element one chain of fused multiply-adds in ascending depth."""

import numpy as np

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import memory, vector
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import BYTES


@program
def _fused(a, b, c):
    for i in range(0, c.size, lanes_of(c)):
        memory.store(c, i, vector.fma(memory.load(a, i), memory.load(b, i), memory.load(c, i)))


def lanes(dtype):
    return BYTES // np.dtype(dtype).itemsize


def chain(start, a, b):
    """Start + A B, a step of the depth after the other; rows of `b` are whole vectors."""
    total = np.ascontiguousarray(np.broadcast_to(start, (a.shape[0], b.shape[1])), a.dtype).copy()
    for k in range(a.shape[1]):
        left = np.repeat(a[:, k], b.shape[1])
        _fused(left, np.tile(b[k], a.shape[0]), total.ravel())
    return total


def inside(matrix, before, gap):
    """A flat array with the rows of `matrix` in it, `gap` NaNs after each and `before` NaNs ahead, and the distance of two rows."""
    rows, columns = matrix.shape
    flat = np.full((rows, columns + gap), np.nan, matrix.dtype)
    flat[:, :columns] = matrix
    return np.concatenate([np.full(before, np.nan, matrix.dtype), flat.ravel()]), columns + gap


def taken_out(flat, before, row, columns):
    """The matrix inside a flat array; NaNs around it must still be there."""
    grid = flat[before:].reshape(-1, row)
    assert np.isnan(flat[:before]).all()
    assert np.isnan(grid[:, columns:]).all()
    return grid[:, :columns]


def random_matrices(rows, depth, columns, dtype):
    random = np.random.default_rng([rows, depth, columns])
    return tuple(random.normal(size=shape).astype(dtype) for shape in ((rows, columns), (rows, depth), (depth, columns)))
