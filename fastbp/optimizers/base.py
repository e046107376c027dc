"""What the trainer, the kernels and the checks ask of an optimizer."""

from __future__ import annotations

import contextlib
import copy
import math
import numbers
from abc import ABC, abstractmethod
from dataclasses import fields
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np

from fastbp._functions import path_of
from fastbp._typing import Array, DType, NDArray
from fastbp.data.validation import within
from fastbp.kernels.codes import COEFFICIENTS
from fastbp.schedules import FUNCTION, Plan, Schedule, check_setting, is_scheduled, values_at

#: What a reference implementation remembers of an array of parameters, by names of its own.
Remembered: TypeAlias = dict[str, Any]
#: The coefficients of a rule: numbers, or arrays with one number a step.
Coefficients: TypeAlias = list[float | NDArray[np.float64]]
#: Numbers that accumulate over the steps, the same for all parameters: a product of momenta, say.
Factors: TypeAlias = NDArray[np.float64]


class Optimizer(ABC):
    """Base of the optimizers: name, code, settings, coefficients of a step, and a reference implementation to check the kernels by.

    The trainer owns the state, the kernels hold the rule. Settings may be changed between calls of ``fit``; they are checked again when
    it starts.
    """

    name: ClassVar[str]
    #: What some settings are below, which may change from step to step.
    below: ClassVar[dict[str, float]] = {"momentum": 1.0}
    #: How many `Factors` the rule has.
    n_factors: ClassVar[int] = 0

    def __post_init__(self) -> None:
        self.check()

    def __setattr__(self, name: str, value: Any) -> None:
        """Change a setting; nothing is changed when it is none, or outside its range."""
        names, before = [field.name for field in fields(self)], dict(vars(self))  # type: ignore[arg-type]
        if name not in names:
            raise AttributeError(f"{type(self).__name__} has no setting {name!r}; expected one of {', '.join(names)}")
        object.__setattr__(self, name, value)
        if len(before) == len(names):
            try:
                self.check()
            except (ValueError, TypeError):
                vars(self).update(before)
                raise

    @abstractmethod
    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""

    def simplify(self) -> None:
        """Turn settings that are numbers of other libraries into Python's, which files hold and whose arithmetic is float64."""
        for name, value in vars(self).items():
            if type(value).__name__ in ("bool", "bool_"):
                setattr(self, name, bool(value))
            elif isinstance(value, numbers.Real):
                # What is too large for a float is refused by `check`.
                with contextlib.suppress(OverflowError):
                    setattr(self, name, float(value))

    def check_range(self, dtype: DType) -> None:
        """Raise ValueError for a setting too large for `dtype`."""
        within(dtype, **{name: value for name, value in vars(self).items() if not is_scheduled(value)})

    def at(self, steps: NDArray[np.int64], plan: Plan) -> Self:
        """The same optimizer with numbers, one for each of `steps`, in place of the settings that change from step to step."""
        changing = {
            name: values_at(value, steps, plan, name, self.below.get(name, math.inf))
            for name, value in vars(self).items()
            if is_scheduled(value)
        }
        if not changing:
            return self
        found = copy.copy(self)
        vars(found).update(changing)
        return found

    def described(self) -> dict[str, Any]:
        """Name and settings, for a file; ValueError for a setting that is a function which no other process could import."""
        return {"name": self.name, **{name: _described(value, name) for name, value in vars(self).items()}}

    @property
    @abstractmethod
    def code(self) -> int:
        """The kernels' code of the rule, which may depend on the settings."""

    @property
    @abstractmethod
    def n_slots(self) -> int:
        """Numbers remembered for each parameter."""

    @abstractmethod
    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """What the rule multiplies with at each of `steps`, counted from 1: at most COEFFICIENTS.

        `factors` holds `n_factors` numbers, 1 before the first step. They are brought forward in place, from the step before `steps` to the
        last of these, one step after the other, so that the bits do not depend on how many are asked for at a time:
        ``np.cumprod([factors[0], *values])[1:]`` is such a product.
        """

    @classmethod
    @abstractmethod
    def cases(cls) -> list[Self]:
        """Objects with the settings that ``fastbp verify`` and the tests try: those by default, and what reaches the rest of the rule."""

    @abstractmethod
    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """New values of an array of parameters p with gradient g at step t = 1, 2, ..., in float64, from the formula in plain NumPy.

        `memory`, empty at first, keeps what the rule remembers of this array.
        """

    def rates(self, first: int, count: int, dtype: DType, factors: Factors, plan: Plan = Plan()) -> Array:  # noqa: B008  # never changed
        """The coefficients of `count` steps after the first `first`, as (count, COEFFICIENTS), unused ones 0."""
        rates, steps = np.zeros((count, COEFFICIENTS), dtype), np.arange(first + 1, first + count + 1)
        now = self.at(steps, plan)
        # What a correction makes too large for the type, the weights will show.
        with np.errstate(over="ignore"):
            for column, values in enumerate(now.coefficients(steps, factors)):
                rates[:, column] = values
        return rates


def check_rate(learning_rate: object, weight_decay: object) -> None:
    """The two settings that every optimizer has."""
    check_setting(learning_rate, "learning_rate", exclusive=True)
    check_setting(weight_decay, "weight_decay")


def _described(value: Any, name: str) -> Any:
    if isinstance(value, Schedule):
        return value.described()
    return {FUNCTION: path_of(value, name)} if is_scheduled(value) else value
