"""Gradient descent with momentum."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import MOMENTUM
from fastbp.kernels.update import get, put


@scalar
def _momentum(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """V = momentum v + g; p -= rate v, or with Nesterov's look-ahead p -= rate (g + momentum v)."""
    rate, penalty, momentum, nesterov = c[0], c[1], c[2], c[3]
    old = get(p, at, count)
    slope = g + penalty * old
    v = momentum * get(slots, at, count) + slope
    put(slots, at, v, count)
    put(p, at, old - rate * (slope + momentum * v if nesterov > 0 else v), count)


#: By code.
RULES = {MOMENTUM: _momentum}
