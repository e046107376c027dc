"""Rules by the sign of the gradient: Lion, and resilient back-propagation."""

from __future__ import annotations

from typing import Any

from fastbp.compiling.jit import scalar
from fastbp.kernels.codes import IRPROP_MINUS, LION, RPROP
from fastbp.kernels.lanes.vector import select
from fastbp.kernels.update import get, put


@scalar
def _sign(x: Any) -> Any:
    """1, 0 or -1; NaN stays."""
    return select(x > 0, 1, select(x < 0, -1, x))


@scalar
def _lion(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """P = keep p - rate sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g."""
    rate, keep, b1, fresh1, b2, fresh2 = c[0], c[1], c[2], c[3], c[4], c[5]
    old, m = get(p, at, count), get(slots, at, count)
    put(slots, at, b2 * m + fresh2 * g, count)
    put(p, at, keep * old - rate * _sign(b1 * m + fresh1 * g), count)


@scalar
def _step_size(before: Any, agreement: Any, c: Any) -> Any:
    """Larger where the gradient has kept its sign, smaller where it has changed; the first one is what it begins with."""
    begin, shrink, grow, least, most = c[0], c[1], c[2], c[3], c[4]
    step = (before + begin) * select(agreement > 0, grow, select(agreement < 0, shrink, 1 + (agreement - agreement)))
    step = select(step > most, most, step)
    return select(step < least, least, step)


@scalar
def _irprop_minus(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """No step where the gradient has changed its sign; else p -= step sign(g). The slots: the gradient before, the size of the step."""
    agreement = _sign(g) * _sign(get(slots, at, count))
    step = _step_size(get(slots, size + at, count), agreement, c)
    g = select(agreement < 0, 0, g)
    put(slots, at, g, count)
    put(slots, size + at, step, count)
    put(p, at, get(p, at, count) - step * _sign(g), count)


@scalar
def _rprop(p: Any, at: int, count: int, g: Any, c: Any, slots: Any, size: int) -> None:
    """The same, but where the gradient has changed its sign the last change, the third slot, is taken back."""
    agreement = _sign(g) * _sign(get(slots, at, count))
    step = _step_size(get(slots, size + at, count), agreement, c)
    g = select(agreement < 0, 0, g)
    change = select(agreement < 0, -get(slots, 2 * size + at, count), -step * _sign(g))
    put(slots, at, g, count)
    put(slots, size + at, step, count)
    put(slots, 2 * size + at, change, count)
    put(p, at, get(p, at, count) + change, count)


RULES = {LION: _lion, RPROP: _rprop, IRPROP_MINUS: _irprop_minus}
