"""The conservation law of a weight over a run: what all gradients, and all that is beside them, have changed it by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastbp._typing import NDArray


@dataclass(frozen=True)
class Change:
    """How a weight has changed over the recorded steps.

    Attributes
    ----------
    total : float
        After them minus before them, the changes of all recorded steps together.
    rows : float
        What came from the rows of the recorded batches: the sum over them.
    remainders : dict
        What came from elsewhere: ``"memory"``, gradients before a recorded step that the optimizer remembers, of steps that are not
        recorded; ``"weight_decay"``, ``"decoupled_weight_decay"``, ``"l1"``; ``"clip_value"``, what clipping by value has taken away
        (clipping by the norm scales all rows alike, and is in `rows`); ``"max_norm"``, where a unit was at the limit of its norm;
        ``"taken_back"``, the steps that rprop has taken back. Only those that are not 0.
    """

    total: float
    rows: float
    remainders: dict[str, float]

    @property
    def rounding(self) -> float:
        """What is left: rounding errors."""
        return self.total - self.rows - sum(self.remainders.values())


@dataclass
class Chain:
    """One weight, step by step, with the numbers of `fastbp.optimizers.linear`."""

    rows: list[NDArray[np.int64]] = field(default_factory=list)
    contributions: list[NDArray[np.float64]] = field(default_factory=list)
    _steps: list[int] = field(default_factory=list)
    _weights: list[dict[str, Any]] = field(default_factory=list)

    def add(self, step: int, rows: NDArray[np.int64], contributions: NDArray[np.float64], weight: dict[str, Any]) -> None:
        """The next recorded step: the rows of its batch, what each has added to the gradient, and how the weight followed that."""
        self._steps.append(step)
        self.rows.append(rows)
        self.contributions.append(weight["scale"] * contributions)
        self._weights.append(weight)

    def factors(self) -> NDArray[np.float64]:
        """By how much a gradient at each step has moved the weight down, at that step and by memory at those that follow it."""
        ahead = self._ahead()
        return np.array([w.get("direct", 0.0) + w.get("taken", 0.0) * later for w, later in zip(self._weights, ahead, strict=True)])

    def _ahead(self) -> NDArray[np.float64]:
        """By how much what is remembered after each step moves the weight down at the recorded steps that follow it without a gap."""
        found = np.zeros(len(self._steps))
        for k in range(len(self._steps) - 2, -1, -1):
            if self._steps[k + 1] == self._steps[k] + 1:
                found[k] = self._through(k + 1, found[k + 1])
        return found

    def _through(self, k: int, ahead: float) -> float:
        """By how much what is remembered before step k moves it, at that step and later."""
        weight = self._weights[k]
        return float(weight.get("carried", 0.0) + weight["kept"] * ahead)

    def change(self) -> Change:
        """The law."""
        factors, ahead = self.factors(), self._ahead()
        found: dict[str, float] = {}
        for k, weight in enumerate(self._weights):
            for name, value in weight.items():
                kind, _, own = name.partition(".")
                if kind == "source":
                    found[own] = found.get(own, 0.0) - factors[k] * float(value)
                elif kind == "beside":
                    found[own] = found.get(own, 0.0) + float(value)
            if k == 0 or self._steps[k] != self._steps[k - 1] + 1:
                found["memory"] = found.get("memory", 0.0) - self._through(k, ahead[k]) * float(weight.get("memory", 0.0))
        total = sum(float(weight.get("after", 0.0)) - float(weight.get("before", 0.0)) for weight in self._weights)
        rows = -sum(float(factor * each.sum()) for factor, each in zip(factors, self.contributions, strict=True))
        return Change(total, rows, {name: value for name, value in found.items() if value != 0})
