"""Schedules made of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastbp._names import real
from fastbp.schedules.base import Length, Numbers, Plan, Schedule, check_length, length_field, number_field, steps_in


@dataclass(frozen=True)
class Warmup(Schedule):
    """A line from ``start`` times the first value of `then` up to it, and `then` from there on (P. Goyal et al., arXiv:1706.02677).

    Parameters
    ----------
    then : float or Schedule
        Its first step is the one after the line.
    length : length, default 0.05
        Of the line, whose last step has the whole value.
    start : float in [0, 1), default 0
    """

    name = "warmup"

    then: float | Schedule
    length: Length = length_field(0.05)
    start: float = number_field(0.0, below=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self.then, "then")

    @property
    def lengths(self) -> tuple[Length, ...]:
        """Of the line, and what follows."""
        return self.length, *_lengths(self.then)

    @property
    def plateaus(self) -> tuple[Schedule, ...]:
        """Those of what follows, which may be reduced in the course of the line, too."""
        return self.then.plateaus if isinstance(self.then, Schedule) else ()

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The line, or what follows."""
        line = steps_in(self.length, plan)
        rest = plan._replace(begin=plan.begin + int(line))
        value = _values(self.then, np.maximum(done - line, 0), rest)
        return np.where(done < line, value * (self.start + (1 - self.start) * (done + 1) / line), value)


@dataclass(frozen=True)
class Sequence(Schedule):
    """One schedule after another: each for its length, the last one to the end.

    Parameters
    ----------
    parts : sequence of (float or Schedule, length)
        The length of the last one is not looked at, and may be None.
    """

    name = "sequence"

    parts: tuple[tuple[float | Schedule, Length], ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        pairs = isinstance(self.parts, (tuple, list)) and [isinstance(part, (tuple, list)) and len(part) == 2 for part in self.parts]
        if not pairs or not all(pairs):
            raise ValueError(f"parts is {self.parts!r}; expected pairs of a number or a schedule and its length")
        for i, (part, length) in enumerate(self.parts):
            _check(part, f"parts[{i}]")
            if isinstance(part, Schedule) and part.plateaus:
                raise ValueError(f"parts[{i}] is {part!r}, which follows the history, not a length of steps; expected another schedule")
            check_length(length, f"the length of parts[{i}]")
        vars(self)["parts"] = tuple((part, length) for part, length in self.parts)

    @property
    def lengths(self) -> tuple[Length, ...]:
        """Of all."""
        own = [length for _, length in self.parts[:-1]]
        return *own, *(each for part, _ in self.parts for each in _lengths(part))

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """Those of the part that a step is in."""
        found, begin = np.zeros_like(done), 0.0
        for i, (part, length) in enumerate(self.parts):
            is_last = i == len(self.parts) - 1
            end = np.inf if is_last else begin + steps_in(length, plan)
            own = plan._replace(begin=plan.begin + int(begin), end=plan.end if is_last else plan.begin + int(end))
            inside = (done >= begin) & (done < end)
            found[inside] = _values(part, done[inside] - begin, own)
            begin = end
        return found


def _check(part: object, argument: str) -> None:
    if not isinstance(part, Schedule):
        real(part, argument)


def _lengths(part: float | Schedule) -> tuple[Length, ...]:
    return part.lengths if isinstance(part, Schedule) else ()


def _values(part: float | Schedule, done: Numbers, plan: Plan) -> Numbers:
    return part.values(done, plan) if isinstance(part, Schedule) else np.full_like(done, part)
