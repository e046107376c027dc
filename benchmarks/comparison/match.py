"""One net, trained by all entrants in turn."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict

import numpy as np

from benchmarks.comparison.outcome import Outcome, Run
from benchmarks.comparison.process import Entrant, Worker
from benchmarks.comparison.spec import Spec
from benchmarks.comparison.task import Task
from benchmarks.comparison.turns import Turns


class Match:
    """What the workers of the entrants measure, as they train one task."""

    def __init__(self, task: Task, entrants: dict[str, Entrant], stack: ExitStack) -> None:
        self.turns = Turns(entrants, task.threads, stack)
        replies = self.turns.each("setup", task=asdict(task))
        self._runs = {name: Run(reply["start"], reply["losses"]) for name, reply in replies.items()}

    @property
    def runs(self) -> dict[str, Run]:
        """Measurements of those that took part to the end."""
        return {name: run for name, run in self._runs.items() if name not in self.turns.absent}

    def round(self, number: int, seconds: float) -> None:
        """A turn of each entrant."""
        for name, reply in self.turns.round(number, "round", seconds=seconds).items():
            self._runs[name].seconds_per_step.append(reply["seconds"] / reply["steps"])
            self._runs[name].loss = reply["loss"]

    def weigh(self) -> None:
        """Ask all for their memory."""
        for name, reply in self.turns.each("memory").items():
            self._runs[name].megabytes = reply["megabytes"]


def peak(threads: int) -> float:
    """Operations a second of fused multiply-adds alone, in a process of its own."""
    with Worker(Entrant("fastbp"), threads) as worker:
        return worker.ask("peak")["flops"]


def play(
    spec: Spec, entrants: dict[str, Entrant], threads: int, all_cores: bool, rounds: int, seconds: float, dtype: str = "float32"
) -> Outcome:  # fmt: skip
    """All rounds of one net."""
    with ExitStack() as stack:
        match = Match(spec.task(threads, all_cores, dtype), entrants, stack)
        before = peak(threads)
        for number in range(rounds):
            match.round(number, seconds)
        match.weigh()
    # A vector holds half as many float64, and takes as long.
    best = max(before, peak(threads)) * np.dtype("float32").itemsize / np.dtype(dtype).itemsize
    return Outcome(spec, best, match.runs, match.turns.absent, match.turns.foreign, match.turns.hasty())
