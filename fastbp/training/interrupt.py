"""Ctrl-C and SIGTERM ask for a stop at the next step boundary; a second Ctrl-C raises KeyboardInterrupt there."""

from __future__ import annotations

# The functions behind those of `signal`, which turn every number into an enum: a quarter of the time that ``fit`` takes to begin and end.
import _signal  # type: ignore[import-not-found]
import os
import signal
import sys
import time
from types import FrameType, TracebackType
from typing import Any

from fastbp.processors.turns import Turns

#: A second Ctrl-C within so many seconds ends the program.
AGAIN = 3.0
# Numbers of signals: to look an enum up in a dictionary takes a call of Python. And what stopped training then.
_INTERRUPT, _TERMINATE = int(signal.SIGINT), int(signal.SIGTERM)
_REASONS = {_INTERRUPT: "interrupted", _TERMINATE: "terminated"}

# When the last Ctrl-C that stopped training came, in this fit or one before.
_last = -AGAIN


class Interrupt:
    """While entered in the main thread, the first such signal sets `reason`, or raises KeyboardInterrupt where that is asked for.

    A handler of Ctrl-C that somebody else has installed is called at the end. One of SIGTERM is left alone.
    """

    def __init__(self, turns: Turns, raises: bool = False) -> None:
        self.reason: str | None = None
        self._turns, self._raises = turns, raises
        self._holds = 0
        self._held: int | None = None  # a signal that waits
        self._before: dict[int, Any] = {}
        self._frame: FrameType | None = None

    def __enter__(self) -> Interrupt:
        try:
            for number in _REASONS:
                usual = _signal.getsignal(number)
                if callable(usual) if number == _INTERRUPT else usual == _signal.SIG_DFL:
                    self._before[number] = usual
                    _signal.signal(number, self._ask)
        except ValueError:
            # Only the main thread may: others are not stopped by signals.
            self._before.clear()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._holds += 1
        for number, usual in self._before.items():
            if _signal.getsignal(number) == self._ask:
                _signal.signal(number, usual)
        self._holds -= 1
        theirs = self._before.get(_INTERRUPT, signal.default_int_handler)
        if self.reason == "interrupted" and theirs is not signal.default_int_handler:
            theirs(_INTERRUPT, self._frame)
        self._deliver()

    def tell(self) -> None:
        """Say, if it was Ctrl-C, what another does."""
        if self.reason == "interrupted" and sys.stderr is not None:
            print(f"fastbp stopped training at a step: Ctrl-C again within {AGAIN:.0f} s ends the program", file=sys.stderr, flush=True)

    def held(self) -> _Hold:
        """What runs within is not torn apart: signals, and whoever looks at the model, wait for its end, that of the outermost of these."""
        return _Hold(self)

    def begin_hold(self) -> None:
        """Hold signals once more."""
        self._holds += 1
        if self._holds == 1:
            self._turns.begin_change()

    def end_hold(self) -> None:
        """Hold signals once less."""
        if self._holds == 1:
            self._turns.end_change()
        self._holds -= 1
        self._deliver()

    def _deliver(self) -> None:
        if self._held is not None and not self._holds:
            number, self._held = self._held, None
            self._act(number)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        global _last
        first, self.reason = self.reason is None, self.reason or _REASONS[number]
        if number == _INTERRUPT:
            now, before = time.monotonic(), _last
            _last, self._frame = now, frame
            if first and not self._raises and now - before > AGAIN:
                return
        elif first:
            return
        self._held = number
        self._deliver()

    def _act(self, number: int) -> None:
        if number == _INTERRUPT:
            raise KeyboardInterrupt
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


class _Hold:
    """A context in which signals wait."""

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt

    def __enter__(self) -> None:
        self._interrupt.begin_hold()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._interrupt.end_hold()
