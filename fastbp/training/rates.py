"""What an optimizer multiplies with, worked out for some steps ahead."""

from __future__ import annotations

from typing import Any

from fastbp._typing import Array, DType
from fastbp.optimizers import Factors, Optimizer
from fastbp.schedules import NO_PLAN, Plan

# A single step takes its row of so many: to work one out takes as long as all of them.
_AHEAD = 64


class Rates:
    """The coefficients of the steps of a run, kept while the optimizer's settings stay what they are.

    Those of an optimizer with factors are worked out for no more steps than are made, so that the factors are those of the last one.
    """

    def __init__(self, dtype: DType) -> None:
        self._dtype = dtype
        self._known: tuple[Any, dict[str, Any]] = (None, {})  # the optimizer, and its settings
        self._plan = NO_PLAN
        self._first = 0
        self._rows: Array | None = None

    def of(self, optimizer: Optimizer, done: int, count: int, factors: Factors, plan: Plan = NO_PLAN) -> tuple[Array, int]:
        """The coefficients of `count` steps after `done`, a row each, and which row is the first of them.

        The optimizer's `factors` are brought forward in place.
        """
        if optimizer.n_factors > 0:
            return optimizer.rates(done, count, self._dtype, factors, plan), 0
        (known, settings), begin = self._known, done - self._first
        fits = optimizer is known and plan is self._plan and vars(optimizer) == settings
        if self._rows is None or not fits or begin < 0 or begin + count > len(self._rows):
            self._known, self._first, begin, self._plan = (optimizer, dict(vars(optimizer))), done, 0, plan
            self._rows = optimizer.rates(done, max(count, _AHEAD), self._dtype, factors, plan)
        return self._rows, begin
