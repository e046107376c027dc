"""Schedules in place of a number as learning_rate, momentum or weight_decay of an optimizer, and the one table of them.

================  ==========================================================================================
name              value when so many steps are done
================  ==========================================================================================
step              initial * factor**floor(done / every)
multi_step        initial * factor**k after k of the milestones
exponential       initial * factor**(done / every)
inverse_scaling   initial / (done + 1)**power
polynomial        a power of what is left of the length
cosine            half a cosine down over the length
cosine_restarts   the same again and again
flat_cosine       flat, then half a cosine down
one_cycle         half a cosine up, then half a cosine down
coslog4           four waves, each twice as long
warmup            a line up, then another schedule
sequence          one after another
plateau           initial * factor**k after k reductions, each when a metric has stopped improving
================  ==========================================================================================

A function of the step, counted from 1, is a schedule, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastbp._functions import imported, path_of
from fastbp._names import lookup
from fastbp._table import Table, later
from fastbp.schedules.base import (
    NO_PLAN,
    Length,
    Numbers,
    Plan,
    Schedule,
    Setting,
    check_length,
    check_setting,
    is_scheduled,
    steps_in,
    values_at,
)  # fmt: skip

if TYPE_CHECKING:
    from fastbp.schedules.course import Cosine, CosLog4, FlatCosine, OneCycle
    from fastbp.schedules.decay import CosineRestarts, ExponentialDecay, InverseScaling, MultiStep, PolynomialDecay, StepDecay
    from fastbp.schedules.joined import Sequence, Warmup
    from fastbp.schedules.plateau import Plateau

# fmt: off
__all__ = [
    "FUNCTION", "NO_PLAN", "SCHEDULES", "CosLog4", "Cosine", "CosineRestarts", "ExponentialDecay", "FlatCosine", "InverseScaling", "Length",
    "MultiStep", "Numbers", "OneCycle", "Plan", "Plateau", "PolynomialDecay", "Schedule", "Sequence", "Setting", "StepDecay", "Warmup",
    "check_length", "check_setting", "describe_setting", "described_setting", "is_scheduled", "steps_in", "values_at",
]
# fmt: on

_COURSE, _DECAY, _JOINED, _PLATEAU = (f"fastbp.schedules.{name}" for name in ("course", "decay", "joined", "plateau"))
SCHEDULES: Table[type[Schedule]] = Table(
    {
        "step": (_DECAY, "StepDecay"),
        "multi_step": (_DECAY, "MultiStep"),
        "exponential": (_DECAY, "ExponentialDecay"),
        "inverse_scaling": (_DECAY, "InverseScaling"),
        "polynomial": (_DECAY, "PolynomialDecay"),
        "cosine": (_COURSE, "Cosine"),
        "cosine_restarts": (_DECAY, "CosineRestarts"),
        "flat_cosine": (_COURSE, "FlatCosine"),
        "one_cycle": (_COURSE, "OneCycle"),
        "coslog4": (_COURSE, "CosLog4"),
        "warmup": (_JOINED, "Warmup"),
        "sequence": (_JOINED, "Sequence"),
        "plateau": (_PLATEAU, "Plateau"),
    },
)
#: In a file, before where a function of the step is to be imported from.
FUNCTION = "function"
#: The modules of the classes, which are imported when they are asked for.
MODULES = SCHEDULES.modules()
__getattr__ = later(globals(), MODULES)


def describe_setting(value: Any, argument: str) -> Any:
    """A setting for a file; ValueError for a function which no other process could import."""
    if isinstance(value, Schedule):
        return value.described()
    return {FUNCTION: path_of(value, argument)} if is_scheduled(value) else value


def described_setting(value: Any) -> Any:
    """The setting that a file describes: a number, a function, or a schedule, which may hold others."""
    if isinstance(value, dict) and FUNCTION in value:
        return imported(value[FUNCTION])
    if isinstance(value, dict) and "schedule" in value:
        settings = {name: described_setting(each) for name, each in value.items()}
        return lookup(settings.pop("schedule"), SCHEDULES, "schedule")(**settings)
    return tuple(map(described_setting, value)) if isinstance(value, list) else value
