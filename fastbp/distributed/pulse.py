"""Tells the other processes that this one is there, and ends it when they are not.

A cable that is cut, or a host that has lost its power, says nothing: TCP waits for a quarter of an hour, MPI for ever. So a thread in each
process sends a byte from time to time, however long the process itself computes, validates or compiles. Only silence counts, not slowness.
The first process is in touch with all others, each of these with the first.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

import numpy as np

from fastbp.distributed.lost import give_up
from fastbp.distributed.team import Team

# What a process says of itself.
_LEAVING, _HERE = 0, 1
# Seconds between two signs, but where the limit is less than so many of them.
_PAUSE, _MISSED = 5.0, 10
# Seconds that the last signs of the others are waited for.
_FAREWELL = 1.0


class Pulse:
    """While entered it beats, and listens. A process that was not heard of for `limit` seconds is lost; None: nobody listens."""

    def __init__(self, team: Team, limit: float | None) -> None:
        # Unless MPI was started for several threads there is nobody who could listen.
        self._thread = None if limit is None or not team.may_look_aside else _Beating(team, limit)

    def __enter__(self) -> Pulse:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._thread is not None:
            self._thread.ended.set()
            self._thread.join()


class _Beating(threading.Thread):
    """Time is counted in beats of this thread: what stops it, as Ctrl-Z does, stops the time, too."""

    def __init__(self, team: Team, limit: float) -> None:
        super().__init__(name="fastbp pulse", daemon=True)
        self.ended = threading.Event()
        self._team, self._limit, self._pause = team, limit, min(_PAUSE, limit / _MISSED)
        # What was sent last to each of those that this process is in touch with.
        self._sent: dict[int, Any] = dict.fromkeys(range(1, team.size) if team.leads else (0,))
        # Beats since each was heard of. One that has not come yet, or has left, is missed by nobody.
        self._silent: dict[int, int] = {}
        self._left: set[int] = set()

    def run(self) -> None:
        """Until it is ended; then the others are heard out, so that no message stays in MPI."""
        self._beat()
        while not self.ended.wait(self._pause):
            self._beat()
        self._send(_LEAVING)
        end = time.monotonic() + _FAREWELL
        while self._left != set(self._sent) and time.monotonic() < end:
            self._listen()
            time.sleep(1e-4)

    def _beat(self) -> None:
        self._send(_HERE)
        for rank in self._silent:
            self._silent[rank] += 1
        self._listen()
        for rank, beats in self._silent.items():
            if beats * self._pause > self._limit:
                give_up(self._team.comm, f"has not heard of rank {rank} on {self._team.hosts[rank]} for {self._limit:g} s", gone=True)

    def _send(self, word: int) -> None:
        """To those who have got the last one: nothing piles up for one that is lost."""
        for rank, request in self._sent.items():
            if request is None or request.Test():
                self._sent[rank] = self._team.sign(np.array([word], np.uint8), rank)

    def _listen(self) -> None:
        for rank, word in self._team.signs():
            if word == _HERE:
                self._silent[rank] = 0
                self._left.discard(rank)
            else:
                self._silent.pop(rank, None)
                self._left.add(rank)
