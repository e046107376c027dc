"""How a callback knows a run again."""

from __future__ import annotations

from typing import Any

from fastbp.training.run import Run


class Seen:
    """The last epoch that a callback has seen: a run whose history has it, with the same loss, is the same run, or goes on from it."""

    def __init__(self) -> None:
        self._epoch, self._loss = 0, 0.0

    def note(self, run: Run) -> None:
        """The last epoch of a run has been seen."""
        if len(run.history):
            self._epoch, self._loss = len(run.history), run.history.loss[-1]

    def knows(self, run: Run) -> bool:
        """Whether it is that run; any is where nothing has been seen."""
        return self._epoch == 0 or (self._epoch <= len(run.history) and run.history.loss[self._epoch - 1] == self._loss)

    @property
    def nothing(self) -> bool:
        """Whether no epoch has been seen."""
        return self._epoch == 0

    def described(self) -> list[Any]:
        """For a file."""
        return [self._epoch, self._loss]

    @classmethod
    def from_description(cls, description: list[Any]) -> Seen:
        """What `described` is of."""
        seen = cls()
        seen._epoch, seen._loss = description
        return seen
