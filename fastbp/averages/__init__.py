"""Averages of the weights over the steps, for validation and prediction, and the one table of them.

====  =========================================================================
name  average after a step
====  =========================================================================
ema   decay * average + (1 - decay) * weights
swa   the mean of the weights at the end of every so many steps, from one on
====  =========================================================================
"""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from fastbp._names import lookup
from fastbp._table import Table, later
from fastbp._typing import NDArray
from fastbp.averages.base import Average
from fastbp.schedules import Plan

if TYPE_CHECKING:
    from fastbp.averages.kinds import EMA, SWA

__all__ = ["AVERAGES", "EMA", "SWA", "Average", "as_average", "described_average", "shares_of"]

_KINDS = "fastbp.averages.kinds"
AVERAGES: Table[type[Average]] = Table({"ema": (_KINDS, "EMA"), "swa": (_KINDS, "SWA")})
#: The modules of the classes, which are imported when they are asked for.
MODULES = AVERAGES.modules()
__getattr__ = later(globals(), MODULES)


def as_average(given: object) -> Average | None:
    """An average, or one with default settings by its name; None stays None."""
    if isinstance(given, numbers.Real):
        like = f"fastbp.EMA({float(given):g})" if 0 <= float(given) < 1 else "fastbp.EMA(0.999)"
        raise TypeError(f"average is {given!r} of type {type(given).__name__}; expected a name or an object, such as {like}")
    return given if given is None or isinstance(given, Average) else lookup(given, AVERAGES, "average")()


def described_average(description: dict[str, Any] | None) -> Average | None:
    """The average that a file describes."""
    if description is None:
        return None
    settings = dict(description)
    return AVERAGES[settings.pop("name")](**settings)


def shares_of(average: Average, done: int, count: int, plan: Plan) -> NDArray[np.float64]:
    """Those of `count` steps after `done`."""
    return average.shares(np.arange(done, done + count, dtype=np.float64), plan)
