"""A piece of what training changes, and what is asked of each."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias

import numpy as np

from fastbp._typing import Array
from fastbp.data.validation import all_finite

#: What a piece of state is in a file: values of JSON, and arrays, by name.
State: TypeAlias = dict[str, Any]


class Part(ABC):
    """Base of the pieces of a run. What `state` gives is written to checkpoints and kept for going back; `load_state` takes it back.

    A class made from it and a line in ``Run.__init__`` are all that a new piece needs.
    """

    #: Whether steps change it, so that repeating them brings it forward. Otherwise it changes between runs of steps alone.
    by_steps: ClassVar[bool] = True

    @abstractmethod
    def state(self) -> State:
        """All there is to know of it. Arrays may be its own: whoever keeps them copies."""

    @abstractmethod
    def load_state(self, state: State) -> None:
        """Become what `state` says, by copies of its arrays."""

    def numbers(self) -> Array | None:
        """A vector of the model's type that steps change, where it lies; None where there is none, from the beginning.

        It is looked at, kept and given back with those of other pieces. So `keep` and `restore` leave it out.
        """
        return None

    def keep(self, before: Any = None) -> Any:
        """A copy to go back to, in the memory of one from `before` where it fits."""
        return copied(self.state(), before)

    def restore(self, kept: Any) -> None:
        """Go back to what `keep` gave."""
        self.load_state(kept)

    def is_finite(self) -> bool:
        """Whether training can go on from its numbers."""
        numbers = self.numbers()
        return numbers is None or all_finite(numbers)


def copied(state: State, before: State | None = None) -> State:
    """A copy of `state`; arrays go into those of `before` that are as large."""
    return {name: _copied(value, None if before is None else before.get(name)) for name, value in state.items()}


def _copied(value: Any, before: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return copy.deepcopy(value)
    if not isinstance(before, np.ndarray) or before.shape != value.shape or before.dtype != value.dtype:
        return value.copy()
    np.copyto(before, value)
    return before
