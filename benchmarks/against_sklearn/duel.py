"""Both libraries fit in turn, each in a process of its own; the other sleeps meanwhile."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from benchmarks.against_sklearn.cases import Case
from benchmarks.comparison.process import Entrant
from benchmarks.comparison.turns import Turns

LIBRARIES = "fastbp", "sklearn"
_MODULE = "benchmarks.against_sklearn.worker"
# Of the last losses: no more than rounding errors tell the two apart, which in float32 grow from step to step.
_SAME = {"float32": 2e-2, "float64": 1e-5}
# Cores that others may use without a word.
_BUSY = 0.1


@dataclass
class Outcome:
    """One case: seconds of each round and what the last fits came to, by library; reasons of the absent; cores that others kept busy."""

    case: Case
    dtype: str
    threads: int
    epochs: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    last: dict[str, dict] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    foreign: float = 0.0
    hasty: list[str] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """How many times as fast fastbp was in each round."""
        return [theirs / ours for ours, theirs in zip(*(self.seconds[name] for name in LIBRARIES), strict=True)]

    @property
    def ratio(self) -> float:
        """Their median; NaN where one was absent."""
        return math.nan if self.absent else median(self.ratios)

    def warnings(self) -> list[str]:
        """Who was absent, whether the machine was idle, and whether both computed the same."""
        found = [f"{name} {reason}" for name, reason in self.absent.items()]
        if self.foreign > _BUSY:
            found.append(f"other programs kept {self.foreign:.2f} cores busy during the turns")
        found += self.hasty
        if not self.absent:
            ours, theirs = (self.last[name] for name in LIBRARIES)
            # A whole fit in float32 may end some epochs sooner or later.
            if (self.case.is_net or self.dtype == "float64") and (
                ours["epochs"] != theirs["epochs"] or abs(ours["loss"] - theirs["loss"]) > _SAME[self.dtype] * abs(theirs["loss"])
            ):
                both = " and ".join(f"{each['loss']:.6g} after {each['epochs']} epochs" for each in (ours, theirs))
                found.append(f"the last losses are {both}")
        return found


class Duel:
    """The two processes, for as many cases as are played one after the other."""

    def __init__(self, threads: int, stack: ExitStack) -> None:
        self._threads = threads
        self._turns = Turns({name: Entrant(name, module=_MODULE) for name in LIBRARIES}, threads, stack)

    def play(self, case: Case, dtype: str, rounds: int, seconds: float) -> Outcome:
        """All rounds. A net is fitted for as many epochs as the slower one makes in so many seconds, one at least."""
        outcome = Outcome(case, dtype, self._threads)
        slowest = max((reply["epoch"] for reply in self._turns.each("setup", case=case.name, dtype=dtype).values()), default=1.0)
        outcome.epochs = max(1, round(seconds / slowest)) if case.is_net else case.settings.get("max_iter", 200)
        outcome.seconds = {name: [] for name in LIBRARIES}
        self._turns.begin()
        for number in range(rounds):
            for name, reply in self._turns.round(number, "fit", epochs=outcome.epochs).items():
                outcome.seconds[name].append(reply["seconds"])
                outcome.last[name] = reply
        outcome.absent, outcome.foreign, outcome.hasty = dict(self._turns.absent), self._turns.foreign, self._turns.hasty()
        return outcome
