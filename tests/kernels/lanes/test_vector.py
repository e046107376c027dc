import mpmath
import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels.lanes import memory, vector
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import BYTES

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
ADD, SUBTRACT, MULTIPLY, DIVIDE = range(4)
LESS, GREATER, EQUAL = range(3)
NEGATIVE, SQUARE_ROOT, ABSOLUTE, POWER_OF_TWO = range(4)
BOTH, SCALAR_LEFT, SCALAR_RIGHT = range(3)

ARITHMETIC = [np.add, np.subtract, np.multiply, np.divide]
COMPARISONS = [np.less, np.greater, np.equal]


@program
def arithmetic(code, a, b, scalar, sides, out):
    for i in range(0, out.size, lanes_of(out)):
        x, y = memory.load(a, i), memory.load(b, i)
        if sides == BOTH:
            if code == ADD:
                memory.store(out, i, x + y)
            elif code == SUBTRACT:
                memory.store(out, i, x - y)
            elif code == MULTIPLY:
                memory.store(out, i, x * y)
            else:
                memory.store(out, i, x / y)
        elif sides == SCALAR_LEFT:
            if code == ADD:
                memory.store(out, i, scalar + x)
            elif code == SUBTRACT:
                memory.store(out, i, scalar - x)
            elif code == MULTIPLY:
                memory.store(out, i, scalar * x)
            else:
                memory.store(out, i, scalar / x)
        else:
            if code == ADD:
                memory.store(out, i, x + scalar)
            elif code == SUBTRACT:
                memory.store(out, i, x - scalar)
            elif code == MULTIPLY:
                memory.store(out, i, x * scalar)
            else:
                memory.store(out, i, x / scalar)


@program
def compare(code, a, b, scalar, sides, out):
    for i in range(0, out.size, lanes_of(out)):
        x, y = memory.load(a, i), memory.load(b, i)
        no = vector.splat(out, 0)
        if sides == BOTH:
            if code == LESS:
                memory.store(out, i, vector.select(x < y, 1, no))
            elif code == GREATER:
                memory.store(out, i, vector.select(x > y, 1, no))
            else:
                memory.store(out, i, vector.select(x == y, 1, no))
        elif sides == SCALAR_LEFT:
            if code == LESS:
                memory.store(out, i, vector.select(scalar < x, 1, no))
            elif code == GREATER:
                memory.store(out, i, vector.select(scalar > x, 1, no))
            else:
                memory.store(out, i, vector.select(scalar == x, 1, no))
        else:
            if code == LESS:
                memory.store(out, i, vector.select(x < scalar, 1, no))
            elif code == GREATER:
                memory.store(out, i, vector.select(x > scalar, 1, no))
            else:
                memory.store(out, i, vector.select(x == scalar, 1, no))


@program
def unary(code, a, out):
    for i in range(0, out.size, lanes_of(out)):
        x = memory.load(a, i)
        if code == NEGATIVE:
            memory.store(out, i, -x)
        elif code == SQUARE_ROOT:
            memory.store(out, i, vector.sqrt(x))
        elif code == ABSOLUTE:
            memory.store(out, i, vector.absolute(x))
        else:
            memory.store(out, i, vector.power_of_two(x))


@program
def fused(a, b, c, out):
    for i in range(0, out.size, lanes_of(out)):
        memory.store(out, i, vector.fma(memory.load(a, i), memory.load(b, i), memory.load(c, i)))


@program
def fused_with_scalars(a, scalar, out):
    lanes = lanes_of(out)
    x = memory.load(a, 0)
    memory.store(out, 0, vector.fma(scalar, x, x))
    memory.store(out, lanes, vector.fma(x, scalar, x))
    memory.store(out, 2 * lanes, vector.fma(x, x, scalar))
    memory.store(out, 3 * lanes, vector.fma(2, x, 1))


@program
def select(mask, a, b, scalar, out):
    lanes = lanes_of(out)
    chosen, x, y = memory.load(mask, 0) > 0, memory.load(a, 0), memory.load(b, 0)
    memory.store(out, 0, vector.select(chosen, x, y))
    memory.store(out, lanes, vector.select(chosen, scalar, y))
    memory.store(out, 2 * lanes, vector.select(chosen, x, scalar))
    memory.store(out, 3 * lanes, vector.select(chosen, 0, y))
    memory.store(out, 4 * lanes, vector.select(chosen, x, 1))


@program
def splat(out, integer, number):
    memory.store(out, 0, vector.splat(out, integer))
    memory.store(out, lanes_of(out), vector.splat(out, number))
    memory.store(out, 2 * lanes_of(out), vector.splat(out, 3))


def lanes(dtype):
    return BYTES // np.dtype(dtype).itemsize


def pairs(dtype):
    """Every pair of special numbers, then random ones; whole vectors."""
    info = np.finfo(dtype)
    special = np.array([0.0, -0.0, 1, -1, 2, 3, 0.1, info.max, info.min, info.tiny, info.eps, np.inf, -np.inf, np.nan, 7.5, -1e-3], dtype)
    random = np.random.default_rng(0).normal(size=(2, 512)).astype(dtype)
    a, b = (grid.ravel() for grid in np.meshgrid(special, special))
    return np.concatenate([a, random[0]]), np.concatenate([b, random[1]])


def same_bits(found, expected):
    """Equal, zeros with their sign; any NaN for a NaN."""
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found) & ~np.isnan(found), np.signbit(expected) & ~np.isnan(expected))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("code", range(4), ids=[function.__name__ for function in ARITHMETIC])
def test_arithmetic_is_that_of_scalars(code, dtype):
    a, b = pairs(dtype)
    out = np.empty_like(a)
    with np.errstate(all="ignore"):
        arithmetic(code, a, b, dtype(0), BOTH, out)
        same_bits(out, ARITHMETIC[code](a, b))


SCALARS = [3, -1, 0, 0.1, -2.5, np.float32(0.3), np.float64(0.3), np.inf]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("code", range(4), ids=[function.__name__ for function in ARITHMETIC])
@pytest.mark.parametrize("scalar", SCALARS, ids=repr)
def test_a_number_stands_for_all_lanes_on_either_side(scalar, code, dtype):
    a, b = pairs(dtype)
    out, same = np.empty_like(a), np.full_like(a, scalar)
    scalar = dtype(scalar) if DISABLED else scalar
    with np.errstate(all="ignore"):
        arithmetic(code, a, b, scalar, SCALAR_LEFT, out)
        same_bits(out, ARITHMETIC[code](same, a))
        arithmetic(code, a, b, scalar, SCALAR_RIGHT, out)
        same_bits(out, ARITHMETIC[code](a, same))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("code", range(3), ids=[function.__name__ for function in COMPARISONS])
@pytest.mark.parametrize("scalar", [0, 1, -1, 0.5, np.nan, np.inf], ids=repr)
def test_comparisons_are_those_of_scalars(scalar, code, dtype):
    a, b = pairs(dtype)
    out, same = np.empty_like(a), np.full_like(a, scalar)
    for sides, left, right in ((BOTH, a, b), (SCALAR_LEFT, same, a), (SCALAR_RIGHT, a, same)):
        compare(code, a, b, scalar, sides, out)
        np.testing.assert_array_equal(out, COMPARISONS[code](left, right))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("code", "function"), [(NEGATIVE, np.negative), (SQUARE_ROOT, np.sqrt), (ABSOLUTE, np.abs)])
def test_functions_are_those_of_scalars(code, function, dtype):
    a, _ = pairs(dtype)
    out = np.empty_like(a)
    with np.errstate(all="ignore"):
        unary(code, a, out)
        same_bits(out, function(a))


@pytest.mark.parametrize(("dtype", "mantissa", "highest"), [(np.float32, 23, 127), (np.float64, 52, 1023)])
def test_powers_of_two_are_exact_and_end_in_zero(dtype, mantissa, highest):
    shift, lowest = 1.5 * 2**mantissa, -highest
    n = np.arange(lowest, highest + 1)
    n = np.append(n, np.zeros(-n.size % lanes(dtype), int))
    out = np.empty(n.size, dtype)
    unary(POWER_OF_TWO, (n + shift).astype(dtype), out)
    same_bits(out, np.where(n == lowest, 0, np.ldexp(1.0, n)).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_fused_multiply_add_rounds_once(dtype):
    a, b, c = np.random.default_rng(0).normal(size=(3, 2048)).astype(dtype)
    # In the first half almost everything cancels, which leaves the digits that a rounded product has lost.
    c[:1024] = -(a * b)[:1024]
    out = np.empty_like(a)
    fused(a, b, c, out)
    if DISABLED:
        np.testing.assert_allclose(out, a.astype(np.longdouble) * b + c, rtol=0, atol=8 * np.finfo(dtype).eps)
        return
    digits = np.finfo(dtype).nmant + 1
    for x, y, z, found in zip(a.tolist(), b.tolist(), c.tolist(), out.tolist(), strict=True):
        assert found == mpmath.fadd(mpmath.fmul(x, y, exact=True), z, prec=digits, rounding="n"), (x, y, z)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_number_may_stand_anywhere_in_a_fused_multiply_add(dtype):
    # Small integers: exact however often rounded.
    x = np.arange(-3, lanes(dtype) - 3).astype(dtype)
    for scalar in (5, 5.0, dtype(5)):
        out = np.empty(4 * x.size, dtype)
        fused_with_scalars(x, scalar, out)
        np.testing.assert_array_equal(out, np.concatenate([5 * x + x, x * 5 + x, x * x + 5, 2 * x + 1]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_select_takes_each_lane_from_its_side(dtype):
    random = np.random.default_rng(0)
    for scalar in (4, 0.5, dtype(0.5)):
        a, b = random.normal(size=(2, lanes(dtype))).astype(dtype)
        a[0], b[-1] = np.nan, np.inf
        mask = random.integers(0, 2, a.size).astype(dtype)
        mask[:2] = 0, 1
        out = np.empty(5 * a.size, dtype)
        select(mask, a, b, scalar, out)
        sides = [(a, b), (scalar, b), (a, scalar), (0, b), (a, 1)]
        np.testing.assert_array_equal(out, np.concatenate([np.where(mask > 0, *side) for side in sides]).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_splat_fills_every_lane_in_the_type_of_the_array(dtype):
    out = np.empty(3 * lanes(dtype), dtype)
    splat(out, -7, 0.1)
    np.testing.assert_array_equal(out, np.repeat(np.array([-7, 0.1, 3], dtype), lanes(dtype)))
