"""The state of those who listen to a run, in checkpoints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from fastbp.training.part import Part, State, copied


class Stateful(Protocol):
    """What remembers something from step to step, or from epoch to epoch."""

    def state(self) -> State:
        """What it must know to go on in another process."""

    def load_state(self, state: State, /) -> None:
        """Take it back."""

    def mark(self) -> Any:
        """What to go back to in this process, when steps are taken back."""

    def go_back(self, mark: Any, /) -> None:
        """Go back to it."""


class Listeners(Part):
    """Whoever listens to the last `fit`. The states that a file holds wait here for the callbacks of their classes."""

    by_steps: ClassVar[bool] = False

    def __init__(self) -> None:
        self._given: dict[str, Stateful] = {}
        self._waiting: dict[str, State] = {}

    def begin(self, listeners: Sequence[Stateful]) -> None:
        """Those of a new `fit`: each gets the state that waits for it."""
        self._given = {}
        for listener in listeners:
            name, number = f"{type(listener).__module__}.{type(listener).__qualname__}", 1
            while (key := f"{name} {number}") in self._given:
                number += 1
            _check(listener.state(), type(listener).__name__)
            self._given[key] = listener
        for key, listener in self._given.items():
            if key in self._waiting:
                listener.load_state(self._waiting.pop(key))

    def __getstate__(self) -> dict[str, Any]:
        """In a copy the states wait: callbacks may be of any kind, and stay where they are."""
        return {"_given": {}, "_waiting": self._waiting | {key: copied(listener.state()) for key, listener in self._given.items()}}

    @property
    def have_state(self) -> bool:
        """Whether any of them remembers something."""
        return any(listener.mark() for listener in self._given.values())

    def keep(self, before: Any = None) -> Any:
        """The states of those who are here."""
        return {key: listener.mark() for key, listener in self._given.items()}

    def restore(self, kept: Any) -> None:
        """Give them back."""
        for key, mark in kept.items():
            if key in self._given:
                self._given[key].go_back(mark)

    def state(self) -> State:
        """The states of all, one after the other."""
        states = self._waiting | {key: state for key, listener in self._given.items() if (state := listener.state())}
        flat: State = {"classes": list(states), "names": [list(state) for state in states.values()]}
        for number, state in enumerate(states.values()):
            flat |= {f"{number}.{name}": value for name, value in state.items()}
        return flat

    def load_state(self, state: State) -> None:
        """Give them back to those who are here; the others' wait."""
        for number, (key, names) in enumerate(zip(state["classes"], state["names"], strict=True)):
            own = copied({name: state[f"{number}.{name}"] for name in names})
            if key in self._given:
                self._given[key].load_state(own)
            else:
                self._waiting[key] = own


def _check(state: Any, name: str) -> None:
    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        raise TypeError(f"{name}.state() gives {state!r:.80}; expected a dict of numbers, strings, lists and arrays by name")
    for key, value in state.items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            continue
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{name}.state()[{key!r}] cannot be kept in a file: {error}; expected values of JSON, or arrays of numbers"
            ) from None
