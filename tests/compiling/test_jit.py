"""What compiled code keeps of Python's meaning, and NumPy's."""

import numba
import numpy as np
import pytest
from numba import prange

from fastbp.compiling.jit import DISABLED, kernel, program, scalar

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]


@scalar
def added_up(values, begin, end):
    total = values[begin] - values[begin]
    for i in range(begin, end):
        total += values[i]
    return total


@program
def total(values):
    return added_up(values, 0, values.size)


@program
def multiplied_and_added(a, b, c, out):
    for i in range(out.size):
        out[i] = a[i] * b[i] + c[i]


@program
def divided(a, b, out):
    for i in range(out.size):
        out[i] = a[i] / b[i]


@program
def differences(a, out):
    for i in range(out.size):
        out[i] = a[i] - a[i]


@kernel
def numbered(out):
    for i in prange(out.size):
        out[i] = i


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_are_added_in_the_order_that_is_written(dtype):
    values = (np.random.default_rng(0).normal(size=1000) * 10.0 ** np.random.default_rng(1).integers(-8, 8, 1000)).astype(dtype)
    wanted = dtype(0)
    for value in values:
        wanted += value
    assert total(values) == wanted
    # Other orders give other bits, or this would show nothing.
    assert total(values) != values[::-1].sum() or total(values) != values.sum()


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_are_rounded_before_they_are_added(dtype):
    a, b = np.random.default_rng(0).normal(size=(2, 1000)).astype(dtype)
    out = np.empty_like(a)
    multiplied_and_added(a, b, -(a * b), out)
    assert not out.any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_division_by_zero_gives_what_numpy_gives(dtype):
    a, b = np.array([1, -1, 0, np.inf], dtype), np.zeros(4, dtype)
    out = np.empty_like(a)
    with np.errstate(divide="ignore", invalid="ignore"):
        divided(a, b, out)
        np.testing.assert_array_equal(out, a / b)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_and_infinity_keep_their_meaning(dtype):
    a = np.array([1, np.inf, -np.inf, np.nan], dtype)
    out = np.empty_like(a)
    with np.errstate(invalid="ignore"):
        differences(a, out)
    np.testing.assert_array_equal(out, np.array([0, np.nan, np.nan, np.nan], dtype))


def test_a_kernel_fills_its_array():
    out = np.zeros(1000)
    numbered(out)
    assert np.array_equal(out, np.arange(1000))


@pytest.mark.skipif(DISABLED, reason="plain Python calls whatever it likes")
def test_compiled_code_cannot_call_a_program():
    """Where it was loaded from disk, its code would not be there, and the compiler would end the process."""

    @program
    def called(x):
        return x + 1

    @kernel
    def calling(x):
        return called(x)

    with pytest.raises(numba.TypingError, match="compiled code calls a program"):
        calling(1)
    assert called(1) == 2
