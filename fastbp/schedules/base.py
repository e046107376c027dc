"""What the optimizers ask of a schedule: the value of a setting at each step."""

from __future__ import annotations

import functools
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from fastbp._arguments import OwnNames
from fastbp._names import integer, python_number, real
from fastbp._typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
#: Steps, a share of a fit's steps between 0 and 1, words such as "5 epochs", or None for all steps of a fit.
Length: TypeAlias = int | float | str | None
# In the metadata of a field, before what checks it.
_CHECK = "check"
# Of settings that are no schedule, found faster than by `isinstance`.
_PLAIN = {float, int, bool, type(None), tuple}


class Plan(NamedTuple):
    """What a call of ``fit`` is to do: from which of the optimizer's steps to which, and how many an epoch has. All 0 without a ``fit``."""

    begin: int = 0
    end: int = 0
    per_epoch: int = 0
    #: Of schedules that follow the history, so far.
    reductions: tuple[tuple[Schedule, int], ...] = ()


#: Without a ``fit``.
NO_PLAN = Plan()


class Checked(OwnNames):
    """Base of dataclasses whose fields say what they may be: a number in a range (`number_field`), or a length (`length_field`)."""

    def __post_init__(self) -> None:
        for name, check in _checks_of(self).items():
            check(getattr(self, name), name)

    @property
    def lengths(self) -> tuple[Length, ...]:
        """All of its lengths."""
        return tuple(getattr(self, name) for name, check in _checks_of(self).items() if check is check_length)


def number_field(default: Any = MISSING, **limits: Any) -> Any:
    """A field for a number in the range that `real` is given."""
    return field(default=default, metadata={_CHECK: functools.partial(_check_number, limits)})


def length_field(default: Any = None) -> Any:
    """A field for a length."""
    return field(default=default, metadata={_CHECK: check_length})


class Schedule(Checked, ABC):
    """Base of the schedules, which take the place of a number as a setting of an optimizer.

    A length is a number of steps, a share of the steps of a call of ``fit`` such as 0.1, words such as "5 epochs", or None: all steps of
    the call. A schedule with a share, or None, begins anew with each call of ``fit``; the others go on where the last call has ended.
    """

    name: ClassVar[str]

    def __call__(self, steps: NDArray[np.int64], plan: Plan) -> Numbers:
        """The values at the optimizer's `steps`, counted from 1."""
        done = steps - 1 - (plan.begin if self.follows_fit else 0)
        return np.asarray(self.values(done.astype(np.float64), plan), np.float64)

    @abstractmethod
    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The values when so many steps are done, from 0 on."""

    @property
    def follows_fit(self) -> bool:
        """Whether it begins anew with each call of ``fit``."""
        return any(length is None or isinstance(length, float) for length in self.lengths)

    @property
    def plateaus(self) -> tuple[Schedule, ...]:
        """What follows the history in it."""
        return ()

    def described(self) -> dict[str, Any]:
        """Name and settings, for a file."""
        return {"schedule": self.name, **{name: _described(value) for name, value in vars(self).items()}}


#: A setting that may change from step to step: a number, a schedule, or a function of the step, counted from 1. Worked out for some steps
#: it is an array.
Setting: TypeAlias = Any


def steps_in(length: Length, plan: Plan, argument: str = "length") -> float:
    """A length in steps; ValueError for one of a ``fit`` where there is none."""
    if isinstance(length, str):
        steps = float(int(length.split()[0]) * plan.per_epoch)
    elif length is None or isinstance(length, float):
        steps = (1.0 if length is None else length) * (plan.end - plan.begin)
    else:
        return float(length)
    if not plan.per_epoch:
        raise ValueError(f"{argument}={length!r} is of the steps of a call of fit; for single steps give a number of steps")
    return max(1.0, float(round(steps)))


def check_length(length: Length, argument: str = "length") -> Length:
    """`length`, or an error that says what one is."""
    if length is None:
        return None
    if isinstance(length, str):
        if not re.fullmatch(r"[1-9]\d* epochs?", length):
            raise ValueError(f"{argument} is {length!r}; expected words such as '5 epochs'")
        return length
    if isinstance(length, float) and 0 < length < 1:
        return length
    if isinstance(length, float):
        raise ValueError(f"{argument} is {length}; expected steps as an integer, a share between 0 and 1, or words such as '5 epochs'")
    return integer(length, argument, least=1)


def check_setting(value: object, argument: str, **limits: Any) -> None:
    """Raise ValueError or TypeError for what is neither a number in its range, nor a schedule, nor a function of the step."""
    if isinstance(value, type):
        raise TypeError(f"{argument} is the class {value.__name__}; expected a number, or a schedule made of it")
    if not is_scheduled(value):
        real(value, argument, **limits)


def is_scheduled(value: object) -> bool:
    """Whether a setting changes from step to step."""
    return type(value) not in _PLAIN and (isinstance(value, Schedule) or callable(value))


def values_at(setting: Any, steps: NDArray[np.int64], plan: Plan, argument: str, below: float = math.inf) -> Numbers:
    """The values of a schedule, or of a function of the step, at the optimizer's `steps`; ValueError where one is not in [0, `below`)."""
    found = setting(steps, plan) if isinstance(setting, Schedule) else _of_steps(setting, steps, argument)
    wrong = np.flatnonzero(~((found >= 0) & (found < below)))
    if wrong.size:
        raise ValueError(f"{argument} is {found[wrong[0]]} at step {steps[wrong[0]]}; expected numbers in [0, {below:g})")
    return found


def _check_number(limits: dict[str, Any], value: object, name: str) -> None:
    real(value, name, **limits)


def _checks_of(given: object) -> dict[str, Callable[[Any, str], object]]:
    """The checks of fields by their names; a class of the user's need not be a dataclass."""
    every = getattr(given, "__dataclass_fields__", {}).values()
    return {each.name: each.metadata[_CHECK] for each in every if _CHECK in each.metadata}


def _of_steps(function: Callable[[int], float], steps: NDArray[np.int64], argument: str) -> Numbers:
    try:
        return np.array([float(function(step)) for step in steps.tolist()])
    except TypeError as error:
        raise TypeError(f"{argument} is no function of the step that gives a number: {error}") from error
    except ValueError as error:
        raise ValueError(f"{argument} is no function of the step that gives a number: {error}") from error


def _described(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_described(each) for each in value]
    return value.described() if isinstance(value, Schedule) else python_number(value)
