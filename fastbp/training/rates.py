"""What an optimizer multiplies with, worked out for some steps ahead."""

from __future__ import annotations

from typing import Any

from fastbp._typing import Array, DType
from fastbp.optimizers import Factors, Optimizer
from fastbp.schedules import NO_PLAN, Plan

# Steps are worked out for so many at first, and for twice as many each time that they were not enough: one takes as long as a hundred.
_FIRST, _MOST = 128, 2048


class Rates:
    """The coefficients of the steps of a run, kept while the optimizer's settings stay what they are.

    Those of an optimizer with factors are worked out for no more steps than are made, so that the factors are those of the last one.
    """

    def __init__(self, dtype: DType) -> None:
        self._dtype = dtype
        self._optimizer: Optimizer | None = None
        self._plan = NO_PLAN
        self._first, self._ahead = 0, _FIRST
        self._rows: Array | None = None
        #: Those of the optimizer when it was last asked for; another object when they have changed since.
        self.settings: dict[str, Any] = {}

    def of(self, optimizer: Optimizer, done: int, count: int, factors: Factors, plan: Plan = NO_PLAN) -> tuple[Array, int]:
        """The coefficients of `count` steps after `done`, a row each, and which row is the first of them.

        The optimizer's `factors` are brought forward in place.
        """
        if optimizer is not self._optimizer or plan is not self._plan or vars(optimizer) != self.settings:
            self._optimizer, self._plan, self.settings, self._rows = optimizer, plan, dict(vars(optimizer)), None
            self._ahead = _FIRST
        if optimizer.n_factors > 0:
            return optimizer.rates(done, count, self._dtype, factors, plan), 0
        begin = done - self._first
        if self._rows is None or begin < 0 or begin + count > len(self._rows):
            self._first, begin = done, 0
            self._rows = optimizer.rates(done, max(count, self._ahead), self._dtype, factors, plan)
            self._ahead = min(2 * self._ahead, _MOST)
        return self._rows, begin

    def row_of(self, done: int) -> int | None:
        """Which row is that of the step after `done`, of those worked out last; None where it is not among them."""
        row = done - self._first
        return row if self._rows is not None and 0 <= row < len(self._rows) else None
