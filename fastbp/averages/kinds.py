"""Averages of the weights: one that forgets, and one that does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastbp.averages.base import Average
from fastbp.schedules import Length, Numbers, Plan, steps_in
from fastbp.schedules.base import length_field, number_field


@dataclass(frozen=True)
class EMA(Average):
    """``average = decay * average + (1 - decay) * weights`` after each step (B. Polyak, A. Juditsky, 1992).

    Parameters
    ----------
    decay : float in [0, 1), default 0.999
        It looks back over about ``1 / (1 - decay)`` steps. The average begins at the weights of the first step.
    """

    name = "ema"

    decay: float = number_field(0.999, below=1)

    def shares(self, done: Numbers, plan: Plan) -> Numbers:
        """The formula."""
        return np.where(done == 0, 1.0, 1 - self.decay)


@dataclass(frozen=True)
class SWA(Average):
    """The plain mean of the weights at the end of every so many steps, from a certain one on (P. Izmailov et al., UAI 2018).

    Parameters
    ----------
    start : length, default 0.75
        Steps before it begins: a number, a share of a ``fit``, or words such as "5 epochs".
    every : length, default "1 epoch"
    """

    name = "swa"

    start: Length = length_field(0.75)
    every: Length = length_field("1 epoch")

    def shares(self, done: Numbers, plan: Plan) -> Numbers:
        """One over how many there are then; before the first the average follows the weights."""
        start, every = steps_in(self.start, plan, "start"), steps_in(self.every, plan, "every")
        since = done + 1 - start - (plan.begin if isinstance(self.start, float) or self.start is None else 0)
        number = np.floor(since / every)
        return np.where(number < 1, 1.0, np.where(since % every == 0, 1 / np.maximum(number, 1), 0.0))
