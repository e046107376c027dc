"""Processes that take turns, so that a machine which slows down slows all of them."""

from __future__ import annotations

import time
from contextlib import ExitStack

from benchmarks.comparison.busy import busy_seconds
from benchmarks.comparison.process import AbsentError, Entrant, Worker

# Between turns, so that threads of the one before, which may spin for some time, have gone to sleep.
_PAUSE = 0.3


class Turns:
    """Workers of the entrants, alive together; one computes at a time. Who fails is left out from then on."""

    def __init__(self, entrants: dict[str, Entrant], threads: int, stack: ExitStack) -> None:
        self._entrants, self._threads, self._stack = entrants, threads, stack
        self._workers: dict[str, Worker] = {}
        self.absent: dict[str, str] = {}
        self.begin()

    @property
    def present(self) -> list[str]:
        """Names of those that take part."""
        return [name for name in self._entrants if name not in self.absent]

    @property
    def foreign(self) -> float:
        """Cores that others kept busy during the turns."""
        return self._foreign / self._seconds if self._seconds else 0.0

    def begin(self) -> None:
        """Count anew what others compute during the turns."""
        self._seconds = self._foreign = 0.0  # of all turns; and of cores busy for others meanwhile

    def each(self, cmd: str, **arguments: object) -> dict[str, dict]:
        """The replies to a request, asked for one after the other; processes are started as they are needed."""
        replies = {name: self._ask(name, cmd, **arguments) for name in self.present}
        return {name: reply for name, reply in replies.items() if reply is not None}

    def round(self, number: int, cmd: str, **arguments: object) -> dict[str, dict]:
        """A timed turn of each, begun by another each time. Replies tell ``seconds`` and ``cpu``."""
        names = self.present
        shift = number % max(1, len(names))
        replies = {}
        for name in names[shift:] + names[:shift]:
            time.sleep(_PAUSE)
            before = busy_seconds(self._threads)
            reply = self._ask(name, cmd, **arguments)
            if reply is not None:
                if before is not None:
                    self._foreign += busy_seconds(self._threads) - before - reply["cpu"]
                self._seconds += reply["seconds"]
                replies[name] = reply
        return replies

    def exclude(self, name: str, reason: str) -> None:
        """Leave one out from now on."""
        self.absent[name] = reason

    def _ask(self, name: str, cmd: str, **arguments: object) -> dict | None:
        if name not in self._workers:
            self._workers[name] = self._stack.enter_context(Worker(self._entrants[name], self._threads))
        try:
            return self._workers[name].ask(cmd, **arguments)
        except AbsentError as reason:
            self.exclude(name, str(reason))
            return None
