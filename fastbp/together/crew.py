"""Threads of Python that do jobs side by side, as many at a time as there are processors. Kernels let each other run meanwhile."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from fastbp._names import integer
from fastbp.processors import cpus
from fastbp.processors.threads import Share, most_threads, sharing

# Seconds between two looks of whoever waits.
_LOOK = 0.02


class Job(Protocol):
    """What a thread does from its beginning to its end. It keeps its errors."""

    #: Multiply-adds of a step: who has the longest can use several threads best.
    step: int
    #: Multiply-adds of all of it: the longest begin first, so that none is left over at the end.
    length: float

    def __call__(self) -> None:
        """Do it."""


def check_crew(threads: object) -> int:
    """How many threads may compute at a time: as many as there are processors, or those of the caller's own share, unless given."""
    if threads is not None:
        return integer(threads, "threads", least=1)
    return most_threads() or cpus.available()


class Crew:
    """So many threads, of which each does one job after the other.

    As long as jobs are waiting each computes on its thread alone. When none is, the threads that have nothing to do go to the job whose
    steps are the longest; Numba's parallel loops are for one at a time.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._running: dict[int, tuple[Job, Share]] = {}

    def work(self, jobs: Sequence[Job], look: Callable[[], None], give_up: Callable[[], None]) -> None:
        """Do all jobs, while the caller's thread looks after what it has to.

        What `look` raises goes on when the jobs have ended, which `give_up` asks for; or at once when it does so again.
        """
        self._waiting.extend(sorted(jobs, key=lambda job: -job.length))
        count = min(self._threads, len(jobs))
        threads = [threading.Thread(target=self._work, args=(number,), name=f"fastbp {number}") for number in range(count)]
        try:
            for thread in threads:
                thread.start()
            _wait_for(threads, look)
        except BaseException:
            give_up()
            _wait_for(threads, look)
            raise

    @property
    def rounds_left(self) -> int:
        """How often a thread begins a job from now on, that of the caller included."""
        return 1 + -(-len(self._waiting) // self._threads)

    def _work(self, number: int) -> None:
        share = Share(1)
        with sharing(share):
            while (job := self._next(number, share)) is not None:
                job()

    def _next(self, number: int, share: Share) -> Job | None:
        with self._lock:
            self._running.pop(number, None)
            job = self._waiting.popleft() if self._waiting else None
            if job is not None:
                self._running[number] = job, share
            self._divide()
        return job

    def _divide(self) -> None:
        for _, share in self._running.values():
            share.threads = 1
        if self._running and not self._waiting:
            _, share = max(self._running.values(), key=lambda running: running[0].step)
            share.threads = self._threads - len(self._running) + 1


def _wait_for(threads: Sequence[threading.Thread], look: Callable[[], None]) -> None:
    for thread in threads:
        while thread.is_alive():
            look()
            thread.join(_LOOK)
