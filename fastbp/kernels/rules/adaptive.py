"""Rules that divide by running sums or means of the gradient's square: RMSprop, Adagrad, Adadelta, and the kin of Adam."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import ADADELTA, ADAGRAD, ADAMAX, AMSGRAD, LAMB, NADAM, RADAM, RMSPROP, RMSPROP_MOMENTUM
from fastbp.kernels.lanes.vector import absolute, select, sqrt
from fastbp.kernels.update import adam_divisor, adam_means, adam_moved, get, put, renew_means, root


@scalar
def _rmsprop(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """S = alpha s + (1 - alpha) g**2; p -= rate g / (sqrt(s) + epsilon)."""
    rate, penalty, alpha, fresh, epsilon = c[0], c[1], c[2], c[3], c[4]
    old = get(p, at, count)
    slope = g + penalty * old
    s = alpha * get(slots, at, count) + fresh * slope * slope
    put(slots, at, s, count)
    put(p, at, old - rate * slope / (root(s, at, c) + epsilon), count)


@scalar
def _rmsprop_momentum(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """The same with momentum over the quotient, centred by the mean of g."""
    rate, penalty, alpha, fresh, epsilon = c[0], c[1], c[2], c[3], c[4]
    momentum, centered = c[5], c[6]
    old, mean = get(p, at, count), get(slots, 2 * size + at, count)
    slope = g + penalty * old
    s = alpha * get(slots, at, count) + fresh * slope * slope
    m = centered * (mean + fresh * (slope - mean))
    variance = s - m * m
    v = momentum * get(slots, size + at, count) + slope / (sqrt(select(variance < 0, 0, variance)) + epsilon)
    put(slots, at, s, count)
    put(slots, size + at, v, count)
    put(slots, 2 * size + at, m, count)
    put(p, at, old - rate * v, count)


@scalar
def _adagrad(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """S += g**2; p -= rate g / (sqrt(s) + epsilon)."""
    rate, penalty, epsilon, begin = c[0], c[1], c[2], c[3]
    old = get(p, at, count)
    slope = g + penalty * old
    s = (get(slots, at, count) + begin) + slope * slope
    put(slots, at, s, count)
    put(p, at, old - rate * slope / (root(s, at, c) + epsilon), count)


@scalar
def _adadelta(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """S = rho s + (1 - rho) g**2; d = sqrt(u + epsilon) / sqrt(s + epsilon) g; u = rho u + (1 - rho) d**2; p -= rate d."""
    rate, penalty, rho, fresh, epsilon = c[0], c[1], c[2], c[3], c[4]
    old, u = get(p, at, count), get(slots, size + at, count)
    slope = g + penalty * old
    s = rho * get(slots, at, count) + fresh * slope * slope
    d = sqrt(u + epsilon) / sqrt(s + epsilon) * slope
    put(slots, at, s, count)
    put(slots, size + at, rho * u + fresh * d * d, count)
    put(p, at, old - rate * d, count)


@scalar
def _adamax(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """M = b1 m + (1 - b1) g; u = max(b2 u, abs(g) + epsilon); p -= rate m / u."""
    rate, penalty, b1, fresh1, b2, epsilon = c[0], c[1], c[2], c[3], c[4], c[5]
    old = get(p, at, count)
    slope = g + penalty * old
    m = b1 * get(slots, at, count) + fresh1 * slope
    u, size_of_slope = b2 * get(slots, size + at, count), absolute(slope) + epsilon
    # NaN is not less than anything: it stays.
    u = select(size_of_slope < u, u, size_of_slope)
    put(slots, at, m, count)
    put(slots, size + at, u, count)
    put(p, at, old - rate * m / u, count)


@scalar
def _nadam(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """M, v as of Adam; p -= (now g + ahead m) / (sqrt(v) correction + epsilon), rates for this step's and for the next one's momentum."""
    now, ahead, penalty, b1, fresh1, b2, fresh2, correction, epsilon = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]
    old = get(p, at, count)
    slope = g + penalty * old
    m, v = renew_means(at, count, slope, (b1, fresh1, b2, fresh2), slots, size)
    put(p, at, old - (now * slope + ahead * m) / (root(v, at, c) * correction + epsilon), count)


@scalar
def _radam(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """M, v as of Adam; p -= adaptive m / (sqrt(v) + epsilon) + plain m, one of the two rates 0."""
    adaptive, plain, penalty, b1, fresh1, b2, fresh2, epsilon = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
    old = get(p, at, count)
    slope = g + penalty * old
    m, v = renew_means(at, count, slope, (b1, fresh1, b2, fresh2), slots, size)
    put(p, at, old - (adaptive * m / (root(v, at, c) + epsilon) + plain * m), count)


@scalar
def _amsgrad(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """M, v as of Adam; w = max(w, v); p = keep p - rate m / (sqrt(w) correction + epsilon)."""
    old, w = get(p, at, count), get(slots, 2 * size + at, count)
    m, v = adam_means(at, count, g, old, c, slots, size)
    w = select(v < w, w, v)
    put(slots, 2 * size + at, w, count)
    put(p, at, adam_moved(old, m, adam_divisor(root(w, at, c), c), c), count)


@scalar
def _lamb(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """M, v as of Adam; u = m / (sqrt(v) correction + epsilon) + decay p, kept in the third slot: the step waits for all of a layer's."""
    step, decay, b1, fresh1, b2, fresh2, correction, epsilon = c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]
    m, v = renew_means(at, count, g, (b1, fresh1, b2, fresh2), slots, size)
    put(slots, 2 * size + at, step * m / (root(v, at, c) * correction + epsilon) + decay * get(p, at, count), count)


RULES = {
    RMSPROP: _rmsprop,
    RMSPROP_MOMENTUM: _rmsprop_momentum,
    ADAGRAD: _adagrad,
    ADADELTA: _adadelta,
    ADAMAX: _adamax,
    NADAM: _nadam,
    RADAM: _radam,
    AMSGRAD: _amsgrad,
    LAMB: _lamb,
}
