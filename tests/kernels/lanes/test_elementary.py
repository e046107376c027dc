"""The bounds that the docstring of ``kernels/lanes/elementary.py`` states, in units in the last place (ULP) of the exact value."""

import mpmath
import numpy as np
import pytest

from fastbp.compiling.jit import DISABLED, program
from fastbp.kernels.lanes import elementary
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.sizes import BYTES

EXP, SIGMOID, TANH, LOG1P, EXP_ANY, EXPM1 = range(6)


@program
def apply(code, x, out):
    for i in range(0, x.size, lanes_of(x)):
        y = load(x, i)
        if code == EXP:
            store(out, i, elementary.exp_nonpositive(y))
        elif code == SIGMOID:
            store(out, i, elementary.sigmoid(y))
        elif code == TANH:
            store(out, i, elementary.tanh(y))
        elif code == LOG1P:
            store(out, i, elementary.log1p_unit(y))
        elif code == EXP_ANY:
            store(out, i, elementary.exp(y))
        else:
            store(out, i, elementary.expm1_nonpositive(y))


def wide_sigmoid(x):
    with np.errstate(over="ignore", under="ignore"):
        return 1 / (1 + np.exp(-x))


def wide_exp(x):
    with np.errstate(under="ignore"):
        return np.exp(x)


# Function: code, domain, bound, the same in a wider type, the same in mpmath, and where the docstring exempts the smallest numbers.
FUNCTIONS = {
    "exp_nonpositive": (EXP, (-np.inf, 0), 1.5, wide_exp, mpmath.exp, "results"),
    "exp": (EXP_ANY, (-np.inf, np.inf), 1.5, wide_exp, mpmath.exp, "results"),
    "expm1_nonpositive": (EXPM1, (-np.inf, 0), 1.5, np.expm1, mpmath.expm1, "arguments"),
    "sigmoid": (SIGMOID, (-np.inf, np.inf), 3, wide_sigmoid, lambda x: 1 / (1 + mpmath.exp(-x)), "results"),
    "tanh": (TANH, (-np.inf, np.inf), 3, np.tanh, mpmath.tanh, "arguments"),
    "log1p_unit": (LOG1P, (0, 1), 2.5, np.log1p, mpmath.log1p, None),
}
DTYPES = [np.float32, np.float64]
# The largest arguments of exp whose results are numbers.
HIGHEST = {np.dtype(np.float32): np.float32(88.72283), np.dtype(np.float64): 709.782712893384}


def evaluate(name, x):
    if DISABLED:
        # Without the JIT a vector is an array, of any length: so this takes seconds instead of an hour.
        with np.errstate(all="ignore"):
            return getattr(elementary, name)(x)
    whole = np.zeros(x.size + -x.size % (BYTES // x.itemsize), x.dtype)
    whole[: x.size] = x
    out = np.empty_like(whole)
    apply(FUNCTIONS[name][0], whole, out)
    return out[: x.size]


def in_domain(name, x):
    low, high = FUNCTIONS[name][1] if name != "exp" else (-np.inf, HIGHEST[x.dtype])
    return x[(x >= low) & (x <= high)]


def errors_in_ulps(found, exact):
    """Distances of the results from wider exact values, in units in the last place of these."""
    info = np.finfo(found.dtype)
    _, exponent = np.frexp(np.maximum(np.abs(exact), info.tiny))
    return np.abs(found.astype(exact.dtype) - exact) / np.ldexp(exact.dtype.type(1), exponent - 1 - info.nmant)


def check_bound(name, x, found, exact):
    _, _, bound, _, _, exempt = FUNCTIONS[name]
    tiny = np.finfo(x.dtype).tiny
    small = {"results": np.abs(exact) < tiny, "arguments": np.abs(x) < tiny, None: np.zeros(x.size, bool)}[exempt]
    wrong = (errors_in_ulps(found, exact) > bound) & ~(small & (found == 0))
    assert not wrong.any(), f"{name}({x[wrong][0]!r}) is {found[wrong][0]!r}, {np.count_nonzero(wrong)} of {x.size} beyond {bound} ULP"


def random_numbers(dtype, count, seed):
    """Numbers of all magnitudes, and many where the functions bend."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2**64, count // 2, np.uint64)
    with np.errstate(all="ignore"):
        anywhere = bits.view(np.float64).astype(dtype)
    parts = [anywhere[np.isfinite(anywhere)]]
    parts += [random.uniform(-width, width, count // 10).astype(dtype) for width in (1e-3, 1, 20, 90, 750)]
    return np.concatenate(parts)


def edges(dtype):
    """Zeros, powers of two, multiples of ln(2) / 2, saturation and the ends of the range, each with its neighbours."""
    info = np.finfo(dtype)
    places = [0.0, info.tiny, info.smallest_subnormal, info.max, 1.0, 88.0, 87.33, 103.9, 708.4, 709.0, 745.1, 9.01, 17.3, 19.06, 36.7]
    places += [2.0**n for n in range(-60, 11)] + [n * np.log(2) / 2 for n in range(1, 300)]
    with np.errstate(over="ignore", under="ignore"):
        x = np.array(places, dtype)
        x = np.concatenate([x, np.nextafter(x, dtype(0)), np.nextafter(x, dtype(np.inf))])
    x = x[np.isfinite(x)]
    return np.concatenate([x, -x])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays_within_its_bound_over_the_whole_range(name):
    patterns = np.arange(0, 2**32, 257, np.uint64).astype(np.uint32)
    for part in np.array_split(patterns, 32):
        x = in_domain(name, part.view(np.float32))
        x = x[np.isfinite(x)]
        check_bound(name, x, evaluate(name, x), FUNCTIONS[name][3](x.astype(np.float64)))


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="long double is no wider than double here")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_float64_stays_within_its_bound_on_dense_random_numbers(name):
    x = in_domain(name, random_numbers(np.float64, 400_000, seed=1))
    check_bound(name, x, evaluate(name, x), FUNCTIONS[name][3](x.astype(np.longdouble)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_edges_stay_within_the_bound_of_arbitrary_precision(name, dtype):
    x = in_domain(name, np.concatenate([edges(dtype), random_numbers(dtype, 4000, seed=2)]))
    found, info = evaluate(name, x), np.finfo(dtype)
    _, _, bound, _, function, exempt = FUNCTIONS[name]
    with mpmath.workprec(120):
        for argument, result in zip(x.tolist(), found.tolist(), strict=True):
            exact = function(mpmath.mpf(argument))
            unit = mpmath.ldexp(1, mpmath.frexp(max(abs(exact), mpmath.mpf(float(info.tiny))))[1] - 1 - info.nmant)
            small = abs(exact if exempt == "results" else argument) < info.tiny and exempt is not None
            assert abs(mpmath.mpf(result) - exact) <= bound * unit or (small and result == 0), (argument, result)


@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities_saturate_and_nan_stays(dtype):
    x = np.array([-np.inf, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(evaluate("exp_nonpositive", x[[0, 2]]), [0, np.nan])
    np.testing.assert_array_equal(evaluate("exp", x), [0, np.inf, np.nan])
    np.testing.assert_array_equal(evaluate("expm1_nonpositive", x[[0, 2]]), [-1, np.nan])
    np.testing.assert_array_equal(evaluate("sigmoid", x), [0, 1, np.nan])
    np.testing.assert_array_equal(evaluate("tanh", x), [-1, 1, np.nan])
    assert np.isnan(evaluate("log1p_unit", x[2:])).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_is_finite_up_to_its_highest_argument_and_infinite_beyond(dtype):
    last, largest = HIGHEST[np.dtype(dtype)], float(np.finfo(dtype).max)
    beyond = np.nextafter(dtype(last), dtype(np.inf))
    assert mpmath.exp(mpmath.mpf(float(last))) <= largest < mpmath.exp(mpmath.mpf(float(beyond)))
    found = evaluate("exp", np.array([last, beyond, 1000, np.finfo(dtype).max], dtype))
    assert np.isfinite(found[0]) and (found[1:] == np.inf).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_values(dtype):
    zeros = np.array([0.0, -0.0], dtype)
    assert (evaluate("exp_nonpositive", zeros) == 1).all()
    assert (evaluate("exp", zeros) == 1).all()
    assert (evaluate("expm1_nonpositive", zeros) == 0).all()
    assert (evaluate("sigmoid", zeros) == 0.5).all()
    assert (evaluate("tanh", zeros) == 0).all()
    assert (evaluate("log1p_unit", zeros) == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_is_odd_and_has_the_sign_of_its_argument(dtype):
    x = random_numbers(dtype, 20_000, seed=3)
    t = evaluate("tanh", x)
    np.testing.assert_array_equal(evaluate("tanh", -x), -t)
    normal = np.abs(x) >= np.finfo(dtype).tiny
    assert (np.sign(t) == np.sign(x))[normal].all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("exp_nonpositive", 0, 1),
        ("expm1_nonpositive", -1, 0),
        ("exp", 0, np.inf),
        ("sigmoid", 0, 1),
        ("tanh", -1, 1),
        ("log1p_unit", 0, 0.6931472),
    ],
)
def test_results_never_leave_their_range(name, low, high, dtype):
    found = evaluate(name, in_domain(name, np.concatenate([edges(dtype), random_numbers(dtype, 100_000, seed=4)])))
    assert (found >= dtype(low)).all()
    assert (found <= dtype(high)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_rise_everywhere_and_out_to_both_ends(name, dtype):
    # Steps of 1 in 1000 or 0.005 exceed the rounding errors, except where the result has saturated.
    ends = np.geomspace(1e-3, 1e4, 20_000)
    x = in_domain(name, np.concatenate([-ends[::-1], np.arange(-1, 1, 0.001), ends, np.arange(-800, 800, 0.005)]).astype(dtype))
    assert (np.diff(evaluate(name, np.sort(x))) >= 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_log1p_keeps_every_digit_of_a_tiny_argument(dtype):
    t = np.array([np.finfo(dtype).tiny, 1e-30, 1e-12], dtype)
    np.testing.assert_array_equal(evaluate("log1p_unit", t), t - t * t / 2)
