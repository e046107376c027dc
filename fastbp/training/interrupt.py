"""Ctrl-C and SIGTERM ask for a stop at the next step boundary; a second one acts as ever."""

from __future__ import annotations

# The functions behind those of `signal`, which turn every number into an enum: a quarter of the time that ``fit`` takes to begin and end.
import _signal  # type: ignore[import-not-found]
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

# Signals, who answers them when nobody asked otherwise, and what stopped training then.
_SIGNALS: dict[int, tuple[Any, str]] = {
    signal.SIGINT: (signal.default_int_handler, "interrupted"),
    signal.SIGTERM: (_signal.SIG_DFL, "terminated"),
}


class Interrupt:
    """While entered in the main thread, the first such signal sets `reason`. A handler of the application's own is left alone."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._holds = 0
        self._held: int | None = None
        self._installed: list[int] = []

    def __enter__(self) -> Interrupt:
        # threading.current_thread() would list a thread that is not Python's for good.
        if threading.get_ident() == threading.main_thread().ident:
            self._installed = [number for number, (usual, _) in _SIGNALS.items() if _signal.getsignal(number) == usual]
            for number in self._installed:
                _signal.signal(number, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self.held():
            for number in self._installed:
                _signal.signal(number, _SIGNALS[number][0])

    def held(self) -> _Hold:
        """What runs within is not torn apart: a second signal waits for its end, that of the outermost of these."""
        return _Hold(self)

    def hold(self, more: int) -> None:
        """Hold signals once more, or once less."""
        self._holds += more
        if self._held is not None and not self._holds:
            number, self._held = self._held, None
            self._act(number, None)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.reason is None:
            self.reason = _SIGNALS[number][1]
        elif self._holds:
            self._held = number
        else:
            self._act(number, frame)

    def _act(self, number: int, frame: FrameType | None) -> None:
        usual = _SIGNALS[number][0]
        if callable(usual):
            usual(number, frame)
        else:
            signal.signal(number, usual)
            os.kill(os.getpid(), number)


class _Hold:
    """A context in which signals wait."""

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt

    def __enter__(self) -> None:
        self._interrupt.hold(1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._interrupt.hold(-1)
