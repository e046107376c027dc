"""exp, expm1, sigmoid, tanh and log1p of vectors, in the width of their argument.

Numba calls libm for exp and tanh, one element at a time; these polynomials compute a whole vector. Bounds, in units in the last place
(ULP) against exact values, over every finite argument (``tests/kernels/lanes/test_elementary.py``):

=================  =======  =======  ============================================
function           float32  float64  beyond the bound
=================  =======  =======  ============================================
exp_nonpositive    1.5      1.5      results below the smallest normal may be 0
exp                1.5      1.5      results below the smallest normal may be 0
expm1_nonpositive  1.5      1.5      arguments below the smallest normal may be 0
sigmoid            3        3        results below the smallest normal may be 0
tanh               3        3        arguments below the smallest normal may be 0
log1p_unit         2.5      2.5
=================  =======  =======  ============================================

Infinities saturate exactly (0, 1, -1), NaN stays NaN. The coefficients come from ``benchmarks/fit_exponential.py``; the range
reduction is that of W. J. Cody and W. Waite, *Software Manual for the Elementary Functions* (1980).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from fastbp.compiling.jit import scalar
from fastbp.kernels.lanes.vector import absolute, fma, power_of_two, select

_LOG2_E = 1.4426950408889634
# ln(2) in two parts, the first with enough trailing zeros to make its product with the exponent exact.
_LN2_HIGH_32, _LN2_LOW_32 = 0.693359375, -2.12194440e-4
_LN2_HIGH_64, _LN2_LOW_64 = 0.693147180369123816490, 1.90821492927058770002e-10
# Adding 1.5 * 2**(mantissa bits) rounds to an integer and leaves it in the low bits.
_SHIFT_32, _SHIFT_64 = 12582912.0, 6755399441055744.0
# Here 2**n reaches a biased exponent of 0, which reads as the number 0.
_LOWEST_32, _LOWEST_64 = -88.0, -709.0
# The largest arguments of exp whose results are finite.
_HIGHEST_32, _HIGHEST_64 = 88.72283, 709.782712893384


@scalar
def _reduce_32(y: Any) -> Any:
    """(expm1(r), n) with y = n ln(2) + r, n in the low bits."""
    y = select(y < _LOWEST_32, _LOWEST_32, y)
    shifted = fma(y, _LOG2_E, _SHIFT_32)
    n = shifted - _SHIFT_32
    r = fma(-n, _LN2_LOW_32, fma(-n, _LN2_HIGH_32, y))
    g = fma(0.001392617612, r, 0.008363173075)
    g = fma(g, r, 0.04166655466)
    g = fma(g, r, 0.1666657703)
    g = fma(g, r, 0.5)
    return fma(g, r * r, r), shifted


@scalar
def _reduce_64(y: Any) -> Any:
    """(expm1(r), n) with y = n ln(2) + r, n in the low bits."""
    y = select(y < _LOWEST_64, _LOWEST_64, y)
    shifted = fma(y, _LOG2_E, _SHIFT_64)
    n = shifted - _SHIFT_64
    r = fma(-n, _LN2_LOW_64, fma(-n, _LN2_HIGH_64, y))
    g = fma(2.09146793765839351e-9, r, 2.51052063739570111e-8)
    g = fma(g, r, 2.75572736613486362e-7)
    g = fma(g, r, 2.75572554257464343e-6)
    g = fma(g, r, 0.0000248015873255333638)
    g = fma(g, r, 0.00019841269874800492)
    g = fma(g, r, 0.00138888888888837524)
    g = fma(g, r, 0.00833333333332614088)
    g = fma(g, r, 0.0416666666666666698)
    g = fma(g, r, 0.16666666666666671)
    g = fma(g, r, 0.5)
    return fma(g, r * r, r), shifted


def _reduce(y: Any) -> Any:
    return _reduce_32(y) if y.dtype == np.float32 else _reduce_64(y)


@overload(_reduce, strict=False, inline="always")
def _overload_reduce(y: Any) -> Any:
    return (lambda y: _reduce_32(y)) if y.element == types.float32 else (lambda y: _reduce_64(y))


def _highest(y: Any) -> float:
    return _HIGHEST_32 if y.dtype == np.float32 else _HIGHEST_64


@overload(_highest, strict=False, inline="always")
def _overload_highest(y: Any) -> Any:
    return (lambda y: _HIGHEST_32) if y.element == types.float32 else (lambda y: _HIGHEST_64)


@scalar
def exp_nonpositive(y: Any) -> Any:
    """e**y for y <= 0."""
    p, n = _reduce(y)
    scale = power_of_two(n)
    return fma(p, scale, scale)


@scalar
def expm1_nonpositive(y: Any) -> Any:
    """e**y - 1 for y <= 0."""
    p, n = _reduce(y)
    scale = power_of_two(n)
    return fma(p, scale, scale - 1)


@scalar
def exp(y: Any) -> Any:
    """e**y, infinite where it is too large."""
    # Half of 2**n is a number where 2**n is none any more.
    p, n = _reduce(y)
    half = power_of_two(select(y > 0, n - 1, n))
    result = fma(p, half, half)
    return select(y > _highest(y), np.inf, select(y > 0, result + result, result))


@scalar
def sigmoid(x: Any) -> Any:
    """1 / (1 + e**-x), from e**-|x| so that neither tail overflows or cancels."""
    t = exp_nonpositive(-absolute(x))
    return select(x < 0, t, 1) / (1 + t)


@scalar
def tanh(x: Any) -> Any:
    """(e**x - e**-x) / (e**x + e**-x), from q = 1 - e**(-2 |x|), which keeps every digit of a small x."""
    p, n = _reduce(-2 * absolute(x))
    scale = power_of_two(n)
    q = fma(-p, scale, 1 - scale)
    t = q / (2 - q)
    return select(x < 0, -t, t)


@scalar
def _atanh_quotient_32(z: Any) -> Any:
    g = fma(1 / 15, z, 1 / 13)
    g = fma(g, z, 1 / 11)
    g = fma(g, z, 1 / 9)
    g = fma(g, z, 1 / 7)
    g = fma(g, z, 1 / 5)
    return fma(g, z, 1 / 3)


@scalar
def _atanh_quotient_64(z: Any) -> Any:
    g = fma(1 / 35, z, 1 / 33)
    for odd in range(31, 1, -2):
        g = fma(g, z, 1.0 / odd)
    return g


def _atanh_quotient(z: Any) -> Any:
    """(atanh(s) / s - 1) / z with z = s**2 <= 1 / 9, its Taylor series."""
    return _atanh_quotient_32(z) if z.dtype == np.float32 else _atanh_quotient_64(z)


@overload(_atanh_quotient, strict=False, inline="always")
def _overload_atanh_quotient(z: Any) -> Any:
    return (lambda z: _atanh_quotient_32(z)) if z.element == types.float32 else (lambda z: _atanh_quotient_64(z))


@scalar
def log1p_unit(t: Any) -> Any:
    """log(1 + t) for 0 <= t <= 1, as 2 atanh(t / (2 + t))."""
    s = t / (2 + t)
    z = s * s
    return 2 * fma(s * z, _atanh_quotient(z), s)
