"""What came out for one net, and whether all computed the same."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import median

from benchmarks.comparison.spec import Spec

OURS = "fastbp"
# Of the losses; and of the fall of the loss within the three steps, which alone shows whether gradient and update are right.
_SAME, _SAME_FALL, _ROUNDING = 1e-3, 2e-2, 1e-5
# Cores that others may use without a word.
_BUSY = 0.1


@dataclass
class Run:
    """Measurements of one peer."""

    start: float
    losses: list[float]
    seconds_per_step: list[float] = field(default_factory=list)
    loss: float = math.nan
    megabytes: float = math.nan

    @property
    def median(self) -> float:
        """Seconds a step, median over the rounds."""
        return median(self.seconds_per_step)


@dataclass
class Duel:
    """fastbp against the fastest of the others: ratios of samples a second, one a round."""

    best: str
    ratios: list[float]
    memory: float

    @property
    def ratio(self) -> float:
        """Median of the ratios."""
        return median(self.ratios)


@dataclass
class Outcome:
    """All of one net: runs by peer, reasons of the absent, FMA peak in operations a second.

    `foreign` are cores that others kept busy, `hasty` what there is to say of pauses that were too short.
    """

    spec: Spec
    peak: float
    runs: dict[str, Run]
    absent: dict[str, str]
    foreign: float = 0.0
    hasty: list[str] = field(default_factory=list)

    def flops(self, peer: str) -> float:
        """Operations a second."""
        return self.spec.flops / self.runs[peer].median

    def samples(self, peer: str) -> float:
        """Rows a second."""
        return self.spec.batch / self.runs[peer].median

    def ratios(self, peer: str) -> list[float]:
        """Samples a second of fastbp over those of the peer, round by round."""
        pairs = zip(self.runs[OURS].seconds_per_step, self.runs[peer].seconds_per_step, strict=True)
        return [theirs / ours for ours, theirs in pairs]

    def duel(self) -> Duel | None:
        """None without fastbp, or without another."""
        others = [name for name in self.runs if name != OURS]
        if OURS not in self.runs or not others:
            return None
        best = min(others, key=lambda name: self.runs[name].median)
        return Duel(best, self.ratios(best), self.runs[OURS].megabytes / self.runs[best].megabytes)

    def warnings(self) -> list[str]:
        """What makes figures doubtful: a machine that was not idle, losses that are not finite, peers that do not compute the same."""
        found = [f"other programs kept {self.foreign:.2f} cores busy during the turns"] if self.foreign > _BUSY else []
        found += self.hasty
        found += [f"{name}: the loss is {run.loss}" for name, run in self.runs.items() if not math.isfinite(run.loss)]
        if self.runs:
            reference, *others = self.runs
            expected = self.runs[reference].losses
            # Each drops units of its own choice.
            for name in others if self.spec.extra != "dropout" else ():
                losses = self.runs[name].losses
                if not same(losses, expected):
                    found.append(f"{name} does not compute what {reference} does: losses {_text(losses)}, expected {_text(expected)}")
        return found


def pooled(outcomes: list[Outcome]) -> Outcome:
    """All rounds of one net, measured in several processes, as those of one; a peer that was absent once is absent."""
    absent = {name: reason for outcome in outcomes for name, reason in outcome.absent.items()}
    runs = {name: run for name, run in outcomes[0].runs.items() if name not in absent}
    for outcome in outcomes[1:]:
        for name, run in runs.items():
            run.seconds_per_step += outcome.runs[name].seconds_per_step
    hasty = [sentence for outcome in outcomes for sentence in outcome.hasty]
    return Outcome(outcomes[0].spec, max(each.peak for each in outcomes), runs, absent, max(each.foreign for each in outcomes), hasty)


def same(losses: list[float], expected: list[float]) -> bool:
    """Whether the losses of a peer's first steps are those expected, each within 1e-3 and their fall within 2 %."""
    close = all(abs(a - b) <= _SAME * abs(b) for a, b in zip(losses, expected, strict=True))
    fall, expected_fall = losses[0] - losses[-1], expected[0] - expected[-1]
    return close and abs(fall - expected_fall) <= _SAME_FALL * abs(expected_fall) + _ROUNDING * abs(expected[0])


def _text(losses: list[float]) -> str:
    return " ".join(f"{loss:.6g}" for loss in losses)
