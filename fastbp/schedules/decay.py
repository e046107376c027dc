"""Schedules that fall step by step, for as long as there are steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fastbp._names import integer
from fastbp.schedules.base import Length, Numbers, Plan, Schedule, check_length, length_field, number_field, steps_in


@dataclass(frozen=True)
class StepDecay(Schedule):
    """``initial * factor**floor(done / every)``: a smaller value from time to time.

    Parameters
    ----------
    initial : float
    factor : float, default 0.1
    every : length, default "10 epochs"
    """

    name = "step"

    initial: float = number_field(exclusive=True)
    factor: float = number_field(0.1, exclusive=True)
    every: Length = length_field("10 epochs")

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        stairs = np.floor(done / steps_in(self.every, plan, "every"))
        found: Numbers = self.initial * self.factor**stairs
        return found


@dataclass(frozen=True)
class MultiStep(Schedule):
    """``initial * factor**k`` after k of the milestones.

    Parameters
    ----------
    initial : float
    milestones : sequence of lengths
        From the beginning on.
    factor : float, default 0.1
    """

    name = "multi_step"

    initial: float = number_field(exclusive=True)
    milestones: tuple[Length, ...]  # type: ignore[misc]  # the field before has no default either
    factor: float = number_field(0.1, exclusive=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.milestones, Iterable):
            raise TypeError(f"milestones is {self.milestones!r}; expected a sequence of lengths")
        vars(self)["milestones"] = tuple(check_length(each, f"milestones[{i}]") for i, each in enumerate(self.milestones))

    @property
    def lengths(self) -> tuple[Length, ...]:
        """The milestones."""
        return self.milestones

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        at = np.array([steps_in(each, plan, "milestones") for each in self.milestones])
        found: Numbers = self.initial * self.factor ** (done[:, np.newaxis] >= at).sum(axis=1)
        return found


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """``initial * factor**(done / every)``, step by step.

    Parameters
    ----------
    initial : float
    factor : float, default 0.96
    every : length, default "1 epoch"
    """

    name = "exponential"

    initial: float = number_field(exclusive=True)
    factor: float = number_field(0.96, exclusive=True)
    every: Length = length_field("1 epoch")

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        found: Numbers = self.initial * self.factor ** (done / steps_in(self.every, plan, "every"))
        return found


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """``initial / (done + 1)**power``.

    Parameters
    ----------
    initial : float
    power : float, default 0.5
    """

    name = "inverse_scaling"

    initial: float = number_field(exclusive=True)
    power: float = number_field(0.5, exclusive=True)

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        found: Numbers = self.initial / (done + 1) ** self.power
        return found


@dataclass(frozen=True)
class PolynomialDecay(Schedule):
    """``final + (initial - final) * (1 - done / length)**power``, and `final` from there on; power 1 is a line.

    Parameters
    ----------
    initial : float
    final : float, default 0
    power : float, default 1
    length : length, optional
    """

    name = "polynomial"

    initial: float = number_field(exclusive=True)
    final: float = number_field(0.0)
    power: float = number_field(1.0, exclusive=True)
    length: Length = length_field()

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        rest = 1 - np.minimum(done / steps_in(self.length, plan), 1)
        found: Numbers = self.final + (self.initial - self.final) * rest**self.power
        return found


@dataclass(frozen=True)
class CosineRestarts(Schedule):
    """Half a cosine from `initial` to `final` again and again, each time `growth` times as long (I. Loshchilov, F. Hutter, ICLR 2017).

    Parameters
    ----------
    initial : float
    length : length, default "10 epochs"
        Of the first time.
    growth : int, default 1
    final : float, default 0
    """

    name = "cosine_restarts"

    initial: float = number_field(exclusive=True)
    length: Length = length_field("10 epochs")
    growth: int = 1
    final: float = number_field(0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        integer(self.growth, "growth", least=1)

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The place within the time that a step is in."""
        first = steps_in(self.length, plan)
        if self.growth == 1:
            place = done % first / first
        else:
            n = np.floor(np.log(done / first * (self.growth - 1) + 1) / np.log(self.growth))
            # The logarithm is rounded: it may be one more, or one less.
            n = n + (done >= self._over(first, n + 1)) - (done < self._over(first, n))
            place = (done - self._over(first, n)) / (first * self.growth**n)
        found: Numbers = self.final + (self.initial - self.final) * (1 + np.cos(np.pi * place)) / 2
        return found

    def _over(self, first: float, n: Numbers) -> Numbers:
        """After how many steps n times are over."""
        steps: Numbers = first * (self.growth**n - 1) / (self.growth - 1)
        return steps
