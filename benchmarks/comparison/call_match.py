"""One call, made by all entrants in turn."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from statistics import median

import numpy as np

from benchmarks.comparison.call import Call
from benchmarks.comparison.outcome import OURS
from benchmarks.comparison.process import Entrant
from benchmarks.comparison.turns import Turns

# Of the outputs, or of the losses of three steps, that all peers must give.
_SAME = 1e-5


@dataclass
class Figures:
    """Seconds of one call: the median of each round, and the least of all."""

    rounds: list[float] = field(default_factory=list)
    least: float = float("inf")

    @property
    def median(self) -> float:
        """Over the rounds."""
        return median(self.rounds)


@dataclass
class Score:
    """All of one call: figures by column, reasons of the absent by peer, cores that other programs kept busy, pauses too short."""

    call: Call
    figures: dict[str, Figures]
    absent: dict[str, str]
    foreign: float = 0.0
    hasty: list[str] = field(default_factory=list)

    def ratio(self) -> float | None:
        """How many times as fast as the fastest of the others: the median over the rounds; None without fastbp, or without another."""
        others = [column for column in self.figures if column != OURS]
        if OURS not in self.figures or not others:
            return None
        best = min(others, key=lambda column: self.figures[column].median)
        pairs = zip(self.figures[OURS].rounds, self.figures[best].rounds, strict=True)
        return median(theirs / ours for ours, theirs in pairs)


def play(call: Call, entrants: dict[str, Entrant], threads: int, all_cores: bool, rounds: int, seconds: float) -> Score:
    """All rounds of one call."""
    figures: dict[str, dict[str, Figures]] = {}
    with ExitStack() as stack:
        turns = Turns(entrants, threads, stack)
        replies = turns.each("prepare", task=asdict(call.task(threads, all_cores)), method=call.kind.method, times=call.kind.times)
        _exclude_others(turns, {name: reply["given"] for name, reply in replies.items()})
        for number in range(rounds):
            for name, reply in turns.round(number, "calls", seconds=seconds).items():
                columns = figures.setdefault(name, {column: Figures() for column in reply["figures"]})
                for column, (middle, least) in reply["figures"].items():
                    columns[column].rounds.append(middle)
                    columns[column].least = min(columns[column].least, least)
        present = turns.present
    shown = {column: found for name in present for column, found in figures.get(name, {}).items()}
    return Score(call, shown, turns.absent, turns.foreign, turns.hasty())


def same(given: list[float], expected: list[float]) -> bool:
    """Whether the numbers that a peer gives are those expected."""
    return len(given) == len(expected) and np.allclose(given, expected, rtol=_SAME, atol=_SAME)


def _exclude_others(turns: Turns, given: dict[str, dict[str, list[float]]]) -> None:
    """Leave out those that do not compute what the first one does."""
    if not given:
        return
    reference, *others = given
    expected = next(iter(given[reference].values()))
    for name in others:
        for column, numbers in given[name].items():
            if not same(numbers, expected):
                turns.exclude(name, f"failed: {column} does not give what {reference} does")
