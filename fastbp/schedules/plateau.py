"""A schedule that follows the history: what training comes to, epoch by epoch, and not the steps alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fastbp._direction import better
from fastbp._names import integer, nearest
from fastbp.schedules.base import Numbers, Plan, Schedule, number_field


class Standing(NamedTuple):
    """How far a `Plateau` has come after some epochs."""

    best: float
    reductions: int = 0
    waited: int = 0  # epochs in a row that were no better
    cooling: int = 0  # epochs of the cooldown that are left


@dataclass(frozen=True)
class Plateau(Schedule):
    """``max(minimum, initial * factor**k)`` after k reductions: one whenever a metric of the history has stopped improving.

    It is looked at after each epoch of ``fit``. More than `patience` epochs in a row that are no better than the best before them bring a
    reduction, as in PyTorch's ReduceLROnPlateau with ``threshold_mode="abs"``; Keras's reduces one epoch earlier. It goes on from call to
    call of ``fit``, and in runs that are resumed; one with other settings begins anew. It may be the `then` of a `Warmup`, and part of no
    other schedule.

    Parameters
    ----------
    initial : float
    factor : float in (0, 1), default 0.1
    patience : int, default 10
    metric : str, default "loss"
        A name in the history: "loss", and with ``validation_data`` "val_loss" and, for losses of classes, "val_accuracy".
    mode : "min", "max" or "auto", default "auto"
        Whether less or more is better. "auto" knows by the name.
    min_delta : float, default 1e-4
        Better is what is below the best by more than that, or above it with "max". It is absolute: losses may be negative.
    cooldown : int, default 0
        Epochs after a reduction that do not count.
    minimum : float, default 0
        Less than `initial`.
    """

    name = "plateau"

    initial: float = number_field(exclusive=True)
    factor: float = number_field(0.1, below=1, exclusive=True)
    patience: int = 10
    metric: str = "loss"
    mode: str = "auto"
    min_delta: float = number_field(1e-4)
    cooldown: int = 0
    minimum: float = number_field(0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        integer(self.patience, "patience", least=0)
        integer(self.cooldown, "cooldown", least=0)
        if self.minimum >= self.initial:
            raise ValueError(f"minimum is {self.minimum}; expected a number less than initial, {self.initial}")
        better(self.metric, self.mode)

    @property
    def _way(self) -> str:
        """Which way is better."""
        return better(self.metric, self.mode)

    @property
    def plateaus(self) -> tuple[Plateau, ...]:
        """Itself."""
        return (self,)

    def values(self, done: Numbers, plan: Plan) -> Numbers:
        """The same at all steps until the next reduction."""
        return np.full_like(done, self._after(dict(plan.reductions).get(self, 0)))

    def _after(self, reductions: int) -> float:
        return max(float(self.minimum), float(self.initial) * float(self.factor) ** reductions)

    @property
    def start(self) -> Standing:
        """Before the first epoch."""
        return Standing(math.inf if self._way == "min" else -math.inf)

    def follow(self, before: Standing, value: float) -> Standing:
        """How it stands after one more epoch, when the metric had this value; NaN is no better than anything."""
        better = value < before.best - self.min_delta if self._way == "min" else value > before.best + self.min_delta
        best, waited = (value, 0) if better else (before.best, before.waited + 1)
        if before.cooling:
            return Standing(best, before.reductions, 0, before.cooling - 1)
        if waited <= self.patience:
            return Standing(best, before.reductions, waited)
        # Where nothing is left to take away, no reduction is counted.
        reduces = self._after(before.reductions) > self.minimum
        return Standing(best, before.reductions + reduces, 0, self.cooldown)

    def soonest(self, standing: Standing) -> int:
        """After how many epochs, at least one, the next reduction may come."""
        return standing.cooling + self.patience + 1 - standing.waited

    def check_metric(self, known: list[str], argument: str) -> None:
        """Raise ValueError when its metric is none of the `known` ones."""
        if self.metric in known:
            return
        needs = "; val_... needs validation_data" if self.metric.startswith("val_") and known == ["loss"] else ""
        near = nearest(self.metric, known)
        asked = f"; others are asked for as fit(..., metrics=[{self.metric.removeprefix('val_')!r}])"
        hint = f". Did you mean {near!r}?" if near else asked
        raise ValueError(f"{argument} follows metric={self.metric!r}, and the history will have {', '.join(known)}{needs or hint}")
