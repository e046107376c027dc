"""Losses that are the mean of what each output loses: a function of one output, its target and the settings, which gives value and slope.

``x`` is the prediction a where the loss is one `OF_PREDICTIONS`, and the logit z otherwise; the slope is that by x. `j` is the number of
the output. Settings that are reckoned with are made vectors first: a number of float32 and one of Python's give one of float64.
"""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import (
    ABSOLUTE_ERROR,
    BINARY_CROSS_ENTROPY,
    FOCAL,
    GAMMA,
    HINGE,
    HUBER,
    LOG_COSH,
    POISSON,
    QUANTILE,
    SQUARED_ERROR,
    SQUARED_HINGE,
    WEIGHTED_BINARY_CROSS_ENTROPY,
)
from fastbp.kernels.lanes.elementary import exp, exp_nonpositive, expm1_nonpositive, log1p_unit, sigmoid, tanh
from fastbp.kernels.lanes.vector import absolute, select

_LN_2 = 0.69314718055994530942


@scalar
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), which is -log sigmoid(-x)."""
    return select(x > 0, x, 0) + log1p_unit(exp_nonpositive(-absolute(x)))


@scalar
def _side(t: Any, border: Any) -> Any:
    """1 above the border, -1 below."""
    return select(t > border, 1, (t - t) - 1)


@scalar
def _squared_error(x: Any, t: Any, settings: Any, j: int) -> Any:
    e = x - t
    return e * e, e + e


@scalar
def _absolute_error(x: Any, t: Any, settings: Any, j: int) -> Any:
    e = x - t
    return absolute(e), select(e > 0, 1, select(e < 0, -1, e))


@scalar
def _huber(x: Any, t: Any, settings: Any, j: int) -> Any:
    e = x - t
    delta, size = settings[0] + (e - e), absolute(e)
    value = select(size > delta, delta * (size - 0.5 * delta), 0.5 * e * e)
    return value, select(e > delta, delta, select(e < -delta, -delta, e))


@scalar
def _log_cosh(x: Any, t: Any, settings: Any, j: int) -> Any:
    e = x - t
    size = absolute(e)
    # sinh(e) = -m (2 + m) / (2 (1 + m)) with m = exp(-|e|) - 1, and log cosh = log(1 + sinh**2) / 2: both keep the digits of a small e.
    m = expm1_nonpositive(-select(size < 1, size, 1))
    sinh = m * (2 + m) / (2 * (1 + m))
    square = sinh * sinh
    near = 0.5 * log1p_unit(select(square < 1, square, 1))
    far = size + (log1p_unit(exp_nonpositive(-2 * size)) - _LN_2)
    return select(size < 0.8, near, far), tanh(e)


@scalar
def _quantile(x: Any, t: Any, settings: Any, j: int) -> Any:
    e, count = t - x, int(settings[0])
    level = settings[1 + j % count] + (e - e)
    return select(e > 0, level * e, (level - 1) * e), select(e > 0, -level, select(e < 0, 1 - level, e))


@scalar
def _poisson(x: Any, t: Any, settings: Any, j: int) -> Any:
    mean = exp(x)
    return mean - t * x, mean - t


@scalar
def _gamma(x: Any, t: Any, settings: Any, j: int) -> Any:
    ratio = t * exp(-x)
    return ratio + x, 1 - ratio


@scalar
def _hinge(x: Any, t: Any, settings: Any, j: int) -> Any:
    side = _side(t, 0)
    rest = 1 - side * x
    return select(rest < 0, 0, rest), select(rest > 0, -side, rest - rest)


@scalar
def _squared_hinge(x: Any, t: Any, settings: Any, j: int) -> Any:
    side = _side(t, 0)
    rest = 1 - side * x
    rest = select(rest < 0, 0, rest)
    return rest * rest, -2 * side * rest


@scalar
def _focal(x: Any, t: Any, settings: Any, j: int) -> Any:
    exponent, weight = settings[0], select(t > 0.5, settings[1], settings[2] + (t - t))
    side = _side(t, 0.5)
    right = side * x
    # p is the probability of the target: -log p, and (1 - p)**exponent.
    surprise, factor = softplus(-right), weight * exp_nonpositive(-exponent * softplus(right))
    return factor * surprise, -side * factor * (sigmoid(-right) + exponent * sigmoid(right) * surprise)


@scalar
def _binary_cross_entropy(x: Any, t: Any, settings: Any, j: int) -> Any:
    return t * softplus(-x) + (1 - t) * softplus(x), sigmoid(x) - t


@scalar
def _weighted_binary_cross_entropy(x: Any, t: Any, settings: Any, j: int) -> Any:
    smoothing, weight = settings[0] + (t - t), settings[2 + min(j, int(settings[1]) - 1)]
    t = t * (1 - smoothing) + 0.5 * smoothing
    positive = weight * t
    return positive * softplus(-x) + (1 - t) * softplus(x), (1 - t) * sigmoid(x) - positive * sigmoid(-x)


#: By code, (value, slope) of x, its target t, the settings and the number of the output.
ELEMENTWISE = {
    SQUARED_ERROR: _squared_error,
    ABSOLUTE_ERROR: _absolute_error,
    HUBER: _huber,
    LOG_COSH: _log_cosh,
    QUANTILE: _quantile,
    POISSON: _poisson,
    GAMMA: _gamma,
    HINGE: _hinge,
    SQUARED_HINGE: _squared_hinge,
    FOCAL: _focal,
    BINARY_CROSS_ENTROPY: _binary_cross_entropy,
    WEIGHTED_BINARY_CROSS_ENTROPY: _weighted_binary_cross_entropy,
}
