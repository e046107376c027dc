"""Plain functions of a number that take vectors: the same as one number after the other."""

import math

import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED, program, scalar
from fastbp.kernels.lanes import mathematics  # noqa: F401  # what the functions below call
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of

DTYPES = [np.float32, np.float64]
FUNCTIONS = [
    lambda z: math.exp(z) + np.exp(-z),
    lambda z: math.tanh(z) - 2 * np.tanh(z / 2),
    lambda z: math.sqrt(z * z + 1) + np.sqrt(z * z),
    lambda z: math.fabs(z) + np.abs(z) + abs(z - 1),
    lambda z: np.where(z > 0.5, z * z, 0.25),
    lambda z: np.where(z <= 0, -z, np.where(z >= 2, 2.0, z)),
    lambda z: np.maximum(z, 0.5) + np.minimum(1, z),
    lambda z: max(z, 0) + max(0.5, -z),
    lambda z: min(z, z * z) * min(1.0, z),
    lambda z: 1 / (1 + z**2) - z**3 + (2 + abs(z)) ** -2 + z**0 + z**1,
    lambda z: np.where(z != 0, np.where(z >= 0, 2 * z, z), 1.0),
]
BLOCKS = [scalar(each) for each in FUNCTIONS]
F0, F1, F2, F3, F4, F5, F6, F7, F8, F9, F10 = BLOCKS


@program
def apply(x, out):
    n = x.size
    for i in range(0, n, lanes_of(x)):
        z = load(x, i)
        store(out, i, F0(z))
        store(out, n + i, F1(z))
        store(out, 2 * n + i, F2(z))
        store(out, 3 * n + i, F3(z))
        store(out, 4 * n + i, F4(z))
        store(out, 5 * n + i, F5(z))
        store(out, 6 * n + i, F6(z))
        store(out, 7 * n + i, F7(z))
        store(out, 8 * n + i, F8(z))
        store(out, 9 * n + i, F9(z))
        store(out, 10 * n + i, F10(z))


@pytest.mark.skipif(DISABLED, reason="without the JIT functions are given numbers")
@pytest.mark.parametrize("dtype", DTYPES)
def test_vectors_are_what_numbers_are(dtype):
    x = np.concatenate([np.linspace(-5, 5, 157), [0.0, 0.5, 1.0]]).astype(dtype)
    found = np.empty((len(FUNCTIONS), x.size), dtype)
    apply(x, found.reshape(-1))
    wanted = np.array([[float(function(each)) for each in x.tolist()] for function in FUNCTIONS])
    for number, (one, other) in enumerate(zip(found, wanted, strict=True)):
        limit = 16 * np.finfo(dtype).eps * np.maximum(np.abs(other), 1)
        assert (np.abs(one - other) <= limit).all(), number


@pytest.mark.skipif(DISABLED, reason="without the JIT functions are given numbers")
@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_goes_where_it_goes_for_numbers(dtype):
    x = np.full(16, np.nan, dtype)
    found = np.empty((len(FUNCTIONS), x.size), dtype)
    apply(x, found.reshape(-1))
    wanted = [np.isnan(float(function(np.nan))) for function in FUNCTIONS]
    # What is not 0 nor at least 0 and goes through both is NaN, too.
    assert np.isnan(found).all(axis=1).tolist() == wanted
