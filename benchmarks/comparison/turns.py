"""Processes that take turns, so that a machine which slows down slows all of them."""

from __future__ import annotations

import time
from contextlib import ExitStack

from benchmarks.comparison.busy import busy_seconds
from benchmarks.comparison.process import AbsentError, Entrant, Worker

# Between turns, so that threads of the one before, which may spin for some time, have gone to sleep; in its last part they are watched.
_PAUSE, _WATCH = 0.3, 0.1
# Cores that they may keep busy in that part without a word: a tick of the system's clock or two.
_QUIET = 0.25


class Turns:
    """Workers of the entrants, alive together; one computes at a time. Who fails is left out from then on."""

    def __init__(self, entrants: dict[str, Entrant], threads: int, stack: ExitStack) -> None:
        self._entrants, self._threads, self._stack = entrants, threads, stack
        self._workers: dict[str, Worker] = {}
        self.absent: dict[str, str] = {}
        self._last: str | None = None
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
        self.spinning: dict[str, float] = {}  # cores that an entrant's threads kept busy when another one's turn began, the most of all

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
            self._pause()
            before = busy_seconds(self._threads)
            reply = self._ask(name, cmd, **arguments)
            if reply is not None:
                if before is not None:
                    self._foreign += busy_seconds(self._threads) - before - reply["cpu"]
                self._seconds += reply["seconds"]
                replies[name] = reply
            self._last = name
        return replies

    def _pause(self) -> None:
        """Wait, and take note when whoever was last still computes."""
        time.sleep(_PAUSE - _WATCH)
        last = self._workers.get(self._last) if self._last in self.present else None
        before = last.seconds() if last else None
        time.sleep(_WATCH)
        if before is not None and (after := last.seconds()) is not None:
            cores = (after - before) / _WATCH
            if cores > _QUIET:
                self.spinning[self._last] = max(cores, self.spinning.get(self._last, 0.0))

    def hasty(self) -> list[str]:
        """A sentence for each entrant after whose turn the pause was too short."""
        return [
            f"the pause was too short: {name} still kept {cores:.1f} cores busy when another's turn began"
            for name, cores in self.spinning.items()
        ]

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
