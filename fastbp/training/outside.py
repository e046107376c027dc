"""What is around a fit: who may stop it, until when it may go on, and where it shows how far it is."""

from __future__ import annotations

import time

from fastbp._names import real
from fastbp.processors.turns import Turns
from fastbp.training.interrupt import Interrupt
from fastbp.training.progress import Progress


def deadline_of(time_limit: object) -> float | None:
    """The end of so many seconds from now on, by `time.perf_counter`; None without a limit."""
    return None if time_limit is None else time.perf_counter() + real(time_limit, "time_limit", exclusive=True)


class Outside:
    """Around a fit that has the process to itself: it hears of signals, and has a bar of its own. Others inherit from this."""

    def __init__(self, shown: bool = False, deadline: float | None = None, raises: bool = False) -> None:
        self.deadline = deadline
        self._shown, self._raises = shown, raises

    def interrupt(self, turns: Turns) -> Interrupt:
        """What stops it between two steps."""
        return Interrupt(turns, self._raises)

    def bar(self, samples: int) -> Progress:
        """What shows how many of so many samples are done."""
        return Progress(self._shown, samples)
