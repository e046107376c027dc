"""Keeps messages moving while kernels compute: MPI moves long ones piece by piece, and only within calls of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

# Seconds between two times of looking, and looks each time: a look moves some ten kilobytes.
_PAUSE, _LOOKS = 2e-4, 16


class Pump:
    """Calls `look`, which lets MPI go on, again and again while it is on, in a thread of its own."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look
        self._thread: _Pumping | None = None

    def on(self) -> None:
        """Messages are under way, and this process is about to compute."""
        if self._thread is None:
            self._thread = _Pumping(self._look)
            self._thread.start()

    def off(self) -> None:
        """They are about to be waited for."""
        if self._thread is not None:
            self._thread.ended.set()
            self._thread.join()
            self._thread = None


class _Pumping(threading.Thread):
    def __init__(self, look: Callable[[], object]) -> None:
        super().__init__(name="fastbp pump", daemon=True)
        self._look, self.ended = look, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(_PAUSE):
            for _ in range(_LOOKS):
                self._look()
