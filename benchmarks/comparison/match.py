"""One net, trained by all peers in turn."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict

from benchmarks.comparison.busy import busy_seconds
from benchmarks.comparison.outcome import Outcome, Run
from benchmarks.comparison.process import AbsentError, Worker
from benchmarks.comparison.spec import Spec
from benchmarks.comparison.task import Task

# Between turns, so that threads of the one before, which may spin for some time, have gone to sleep.
_PAUSE = 0.3


class Match:
    """Workers of the peers, alive together; one computes at a time."""

    def __init__(self, task: Task, peers: list[str], stack: ExitStack) -> None:
        self.task = task
        self.workers: dict[str, Worker] = {}
        self.runs: dict[str, Run] = {}
        self.absent: dict[str, str] = {}
        self.seconds = self.foreign = 0.0  # of all turns; and of cores busy for others meanwhile
        for name in peers:
            self.workers[name] = stack.enter_context(Worker(name, task.threads))
            reply = self._ask(name, "setup", task=asdict(task))
            if reply is not None:
                self.runs[name] = Run(reply["start"], reply["losses"])

    def round(self, number: int, seconds: float) -> None:
        """A turn of each peer, begun by another each time."""
        names = list(self.runs)
        shift = number % max(1, len(names))
        for name in names[shift:] + names[:shift]:
            time.sleep(_PAUSE)
            before = busy_seconds(self.task.threads)
            reply = self._ask(name, "round", seconds=seconds)
            if reply is not None:
                if before is not None:
                    self.foreign += busy_seconds(self.task.threads) - before - reply["cpu"]
                self.seconds += reply["seconds"]
                self.runs[name].seconds_per_step.append(reply["seconds"] / reply["steps"])
                self.runs[name].loss = reply["loss"]

    def weigh(self) -> None:
        """Ask all for their memory."""
        for name in list(self.runs):
            reply = self._ask(name, "memory")
            if reply is not None:
                self.runs[name].megabytes = reply["megabytes"]

    def _ask(self, name: str, cmd: str, **arguments: object) -> dict | None:
        try:
            return self.workers[name].ask(cmd, **arguments)
        except AbsentError as reason:
            self.absent[name] = str(reason)
            self.runs.pop(name, None)
            return None


def peak(threads: int) -> float:
    """Operations a second of fused multiply-adds alone, in a process of its own."""
    with Worker("fastbp", threads) as worker:
        return worker.ask("peak")["flops"]


def play(spec: Spec, peers: list[str], threads: int, all_cores: bool, rounds: int, seconds: float) -> Outcome:
    """All rounds of one net."""
    with ExitStack() as stack:
        match = Match(spec.task(threads, all_cores), peers, stack)
        before = peak(threads)
        for number in range(rounds):
            match.round(number, seconds)
        match.weigh()
    return Outcome(spec, max(before, peak(threads)), match.runs, match.absent, match.foreign / match.seconds if match.seconds else 0.0)
