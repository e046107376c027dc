"""What happened between runs of steps, so far back as steps may have to be repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastbp.solvers import Method
from fastbp.training.part import Part


class _Note(NamedTuple):
    epoch: int
    steps: int
    optimizer: Method
    parts: dict[str, Any]


class Notes:
    """Copies of what steps do not change: settings of the optimizer, the history, the state of callbacks.

    Going back in a run repeats its steps, but not what callbacks did after them. So that is written down as it happens.
    """

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._notes: list[_Note] = []

    def take(self, epoch: int, steps: int, optimizer: Method, since: int) -> None:
        """Write down what is so from here on, with a copy of the optimizer. Nobody will ask for what was before step `since`."""
        self._notes.append(_Note(epoch, steps, optimizer, {name: part.keep() for name, part in self._parts.items()}))
        while len(self._notes) > 1 and self._notes[1].steps <= since:
            del self._notes[0]

    def optimizer(self, steps: int) -> tuple[Method, int | None]:
        """The optimizer with the settings of the step after `steps`, and at how many steps it got others, if it did."""
        known = self._last(lambda note: note.steps <= steps).optimizer
        changed = [note.steps for note in self._notes if note.steps > steps and note.optimizer != known]
        return known, min(changed, default=None)

    def restore(self, epoch: int, steps: int) -> None:
        """Let the parts be what they were when so many epochs and steps were done."""
        note = self._last(lambda note: note.steps <= steps and note.epoch <= epoch)
        for name, part in self._parts.items():
            part.restore(note.parts[name])

    def _last(self, fits: Callable[[_Note], bool]) -> _Note:
        return next((note for note in reversed(self._notes) if fits(note)), self._notes[0])
