"""The normal distribution's tail and density, of vectors.

The tail Q(x) is the product of ``exp(-x**2 / 2)`` and of what falls as slowly as 1 / x, a polynomial of ``(x - 4) / (x + 4)`` over 1 + 2 x,
whose coefficients come from ``benchmarks/fit_normal.py``. So its digits are right far out, where 1 minus the distribution has none.
Bounds, in units in the last place (ULP) against exact values, for x >= 0 where results are normal numbers, in float32 and in float64
(``tests/kernels/lanes/test_normal.py``): 6 of `scaled_tail`, 2 of `half_square_exponential`, 6.5 of their product, which is Q(x).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from fastbp.compiling.jit import scalar
from fastbp.kernels.lanes.elementary import exp_nonpositive
from fastbp.kernels.lanes.vector import fma, select

#: 1 / sqrt(2 pi).
DENSITY_AT_0 = 0.39894228040143267794
# Here the density is 0 in either type, and x**2 still a number.
_FAR = 40.0


@scalar
def _polynomial_32(t: Any) -> Any:
    g = fma(0.0002745884538, t, 0.001676849167)
    g = fma(g, t, -0.001460807377)
    g = fma(g, t, -0.01063692033)
    g = fma(g, t, 0.0444143147)
    g = fma(g, t, -0.09523014377)
    g = fma(g, t, 0.1289043988)
    g = fma(g, t, -0.09638221378)
    g = fma(g, t, -0.02300914559)
    return fma(g, t, 0.8496957968)


@scalar
def _polynomial_64(t: Any) -> Any:
    g = fma(7.84809201138787515e-10, t, 1.01192402733600963e-8)
    g = fma(g, t, 2.18201753264619373e-8)
    g = fma(g, t, -4.89160780487526277e-8)
    g = fma(g, t, -2.1046608745402749e-7)
    g = fma(g, t, 5.79673743821934755e-8)
    g = fma(g, t, 1.17959603118824265e-6)
    g = fma(g, t, 5.9829053797291547e-7)
    g = fma(g, t, -5.87704743097057991e-6)
    g = fma(g, t, -6.03166162656612711e-6)
    g = fma(g, t, 0.0000315536317728918744)
    g = fma(g, t, 0.0000378672452703286922)
    g = fma(g, t, -0.000204353866832664542)
    g = fma(g, t, -0.000143305315647220007)
    g = fma(g, t, 0.00157697835574473115)
    g = fma(g, t, -0.00121006008758746138)
    g = fma(g, t, -0.0105123192465564717)
    g = fma(g, t, 0.0443642904443453294)
    g = fma(g, t, -0.0952604789629640361)
    g = fma(g, t, 0.12890813544474431)
    g = fma(g, t, -0.0963799858904041642)
    g = fma(g, t, -0.0230092331045952969)
    return fma(g, t, 0.8496957717177204)


def _polynomial(t: Any) -> Any:
    return _polynomial_32(t) if t.dtype == np.float32 else _polynomial_64(t)


@overload(_polynomial, strict=False, inline="always")
def _overload_polynomial(t: Any) -> Any:
    return (lambda t: _polynomial_32(t)) if t.element == types.float32 else (lambda t: _polynomial_64(t))


@scalar
def scaled_tail(x: Any) -> Any:
    """``exp(x**2 / 2) Q(x)`` for x >= 0, of any size where Q(x) is a normal number."""
    return _polynomial((x - 4) / (x + 4)) / (1 + 2 * x)


@scalar
def half_square_exponential(x: Any) -> Any:
    """``exp(-x**2 / 2)`` for x >= 0, with the digits that x**2 loses when it is rounded."""
    x = select(x > _FAR, _FAR, x)
    square = x * x
    lost = fma(x, x, -square)
    e = exp_nonpositive(-0.5 * square)
    return fma(e, -0.5 * lost, e)
