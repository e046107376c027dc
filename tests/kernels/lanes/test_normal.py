"""The bounds that the docstring of ``kernels/lanes/normal.py`` states, in units in the last place (ULP) of the exact value."""

import math

import mpmath
import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels.lanes import normal
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import BYTES

DTYPES = [np.float32, np.float64]
# The largest arguments whose tails are normal numbers.
ENDS = {np.float32: 13.0, np.float64: 37.5}
# Of the scaled tail, the exponential and their product.
BOUNDS = 6.0, 2.0, 6.5


@program
def apply(x, tails, halves, products):
    for i in range(0, x.size, lanes_of(x)):
        y = load(x, i)
        tail, half = normal.scaled_tail(y), normal.half_square_exponential(y)
        store(tails, i, tail)
        store(halves, i, half)
        store(products, i, tail * half)


def evaluate(x):
    """exp(x**2 / 2) Q(x), exp(-x**2 / 2) and Q(x)."""
    if DISABLED:
        tail, half = normal.scaled_tail(x), normal.half_square_exponential(x)
        return tail, half, tail * half
    whole = np.zeros(x.size + -x.size % (BYTES // x.itemsize), x.dtype)
    whole[: x.size] = x
    results = [np.empty_like(whole) for _ in range(3)]
    apply(whole, *results)
    return tuple(each[: x.size] for each in results)


def arguments(dtype, count):
    random = np.random.default_rng(0)
    end = ENDS[dtype]
    parts = [random.uniform(0, end, count), random.uniform(0, 1, count // 4), 10.0 ** random.uniform(-30, 0, count // 4)]
    x = np.concatenate([*parts, [0, 1, 4, end]]).astype(dtype)
    return x[x <= end]


def worst(found, exact):
    """The largest distance in ULP from exact values, given as a double and what it lacks; normal numbers alone."""
    info = np.finfo(found.dtype)
    high = np.array([float(each) for each in exact])
    low = np.array([float(each - one) for each, one in zip(exact, high.tolist(), strict=True)])
    units = np.ldexp(1.0, np.frexp(np.maximum(high, float(info.tiny)))[1] - 1 - info.nmant)
    return np.max((np.abs((found - high) - low) / units)[high >= info.tiny])


@pytest.mark.skipif(DISABLED, reason="plain Python rounds a product before it adds to it")
@pytest.mark.parametrize("dtype", DTYPES)
def test_all_stay_within_their_bounds_of_arbitrary_precision(dtype):
    x = arguments(dtype, 3000)
    found = evaluate(x)
    with mpmath.workprec(110):
        tails = [mpmath.erfc(mpmath.mpf(each) / mpmath.sqrt(2)) / 2 for each in x.tolist()]
        halves = [mpmath.exp(-(mpmath.mpf(each) ** 2) / 2) for each in x.tolist()]
        scaled = [tail / half for tail, half in zip(tails, halves, strict=True)]
        errors = [worst(*pair) for pair in zip(found, (scaled, halves, tails), strict=True)]
    assert all(error <= bound for error, bound in zip(errors, BOUNDS, strict=True)), errors


@pytest.mark.skipif(DISABLED, reason="plain Python rounds a product before it adds to it")
def test_float32_tails_stay_within_their_bound_on_dense_numbers():
    x = np.arange(0, np.float32(ENDS[np.float32]).view(np.uint32), 4099, np.uint32).view(np.float32)
    _, _, found = evaluate(x)
    exact = np.array([math.erfc(each / math.sqrt(2)) / 2 for each in x.tolist()])
    units = np.ldexp(1.0, np.frexp(exact)[1] - 24)
    errors = np.where(exact >= np.finfo(np.float32).tiny, np.abs(found - exact) / units, 0)
    assert errors.max() <= BOUNDS[2], (errors.max(), x[errors.argmax()])


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_to_check_by_hand(dtype):
    tail, half, product = evaluate(np.array([0, 1, 2, 3], dtype))
    np.testing.assert_allclose(half, [1, 0.6065306597126334, 0.1353352832366127, 0.011108996538242306], rtol=2 * np.finfo(dtype).eps)
    np.testing.assert_allclose(
        product, [0.5, 0.15865525393145707, 0.022750131948179209, 0.0013498980316300945], rtol=4 * np.finfo(dtype).eps
    )
    np.testing.assert_allclose(tail, product / half, rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_far_out_all_fall_to_zero_and_nan_stays(dtype):
    tail, half, product = evaluate(np.array([50, 1e4, np.sqrt(np.finfo(dtype).max), np.finfo(dtype).max, np.nan], dtype))
    assert (half[:4] == 0).all() and (product[:4] == 0).all() and (tail[:4] >= 0).all() and (np.diff(tail[:4]) <= 0).all()
    assert np.isnan([tail[4], half[4], product[4]]).all()


def test_the_density_at_0():
    assert 1 / math.sqrt(2 * math.pi) == normal.DENSITY_AT_0
