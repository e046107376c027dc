"""Who stops fits that run side by side, and where all of them show how far they are."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from fastbp.processors.turns import Turns
from fastbp.training.interrupt import Interrupt
from fastbp.training.outside import Outside
from fastbp.training.progress import Progress


class Watch:
    """Of all fits of a call: a signal stops all of them, the time is divided among them, one bar shows them.

    Its methods are called by the threads of the fits, but `look` and what is entered, which are the caller's.
    """

    def __init__(self, fits: int, samples: int, *, shown: bool, deadline: float | None, raises: bool) -> None:
        self.deadline = deadline
        self._signals = Interrupt(Turns(), raises)
        self._reason: str | None = None
        self._heeding: list[Interrupt] = []
        self._bar = Progress(shown, samples)
        self._drawing = threading.Lock()
        self._done, self._fits = 0, fits

    def __enter__(self) -> Watch:
        self._signals.__enter__()
        # What they raise comes where it is looked for, and not while a thread is being started.
        self._signals.begin_hold()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.__exit__(kind, error, trace)
        self._signals.__exit__(kind, error, trace)
        self._signals.end_hold()
        if error is None:
            self._signals.tell()

    def look(self) -> None:
        """Hand on what signals ask for; KeyboardInterrupt where they are to raise it."""
        if self._signals.reason and self._reason is None:
            self.stop(self._signals.reason)
        self._signals.end_hold()
        self._signals.begin_hold()

    def give_up(self) -> None:
        """The caller goes on elsewhere."""
        self.stop(self._signals.reason or "interrupted")

    def stop(self, reason: str) -> None:
        """End all fits at their next step, those that have not begun before their first."""
        self._reason = reason
        for each in self._heeding:
            each.reason = reason

    def heed(self, interrupt: Interrupt) -> Interrupt:
        """Let a fit be stopped, too."""
        # In this order none is missed that is stopped meanwhile.
        self._heeding.append(interrupt)
        interrupt.reason = self._reason
        return interrupt

    def advance(self, samples: int) -> None:
        """Some more samples are done."""
        with self._drawing:
            self._bar.advance(samples)

    def show(self, scores: dict[str, float]) -> None:
        """The figures of somebody's epoch."""
        with self._drawing:
            self._bar.show(f"{self._done} of {self._fits} done", scores)

    def close(self, samples: int) -> None:
        """A fit has ended, and leaves out so many samples."""
        with self._drawing:
            self._done += 1
            self._bar.advance(samples)
            self._bar.show(f"{self._done} of {self._fits} done", {})


class Member(Outside):
    """Around one of the fits. It has its part of the time that is left when it is made, of so many rounds."""

    def __init__(self, watch: Watch, rounds: int) -> None:
        now, end = time.perf_counter(), watch.deadline
        super().__init__(deadline=None if end is None else now + (end - now) / rounds)
        self._watch = watch

    def interrupt(self, turns: Turns) -> Interrupt:
        """What the watch may stop it by."""
        return self._watch.heed(_Heeding(turns))

    def bar(self, samples: int) -> Progress:
        """Its part of the bar of all."""
        return _PartOfBar(self._watch, samples)


class _Heeding(Interrupt):
    """Hears of signals from the watch, which tells of them once for all."""

    def tell(self) -> None:
        """Nothing."""


class _PartOfBar(Progress):
    def __init__(self, watch: Watch, samples: int) -> None:
        super().__init__(False, 0)
        self._watch, self._left = watch, samples

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._watch.close(self._left)

    def advance(self, samples: int) -> None:
        self._left -= samples
        self._watch.advance(samples)

    def show(self, what: str, scores: dict[str, float]) -> None:
        self._watch.show(scores)
