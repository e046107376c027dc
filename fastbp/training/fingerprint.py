"""What a run remembers of its data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from fastbp.data.digest import ALL
from fastbp.training.part import Part, State


class Fingerprint(Part):
    """The fingerprint of what was last trained on."""

    by_steps: ClassVar[bool] = False

    def __init__(self) -> None:
        self.known: dict[str, Any] | None = None

    def learn(self, found: dict[str, Any]) -> str | None:
        """Remember another; what tells it from the one before, in words."""
        before, self.known = self.known, found
        # A file of an earlier version knows nothing that could be compared.
        if before is None or before == found or "arrays" in before:
            return None
        return "; ".join(_differences(before, found)) or None

    def keep(self, before: Any = None) -> Any:
        """As it is: it is never changed, but replaced."""
        return self.known

    def restore(self, kept: Any) -> None:
        """Take it back."""
        self.known = kept

    def state(self) -> State:
        """As it is."""
        return {"known": self.known}

    def load_state(self, state: State) -> None:
        """Take it back."""
        self.known = state["known"]


def _differences(before: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *found]):
        old, new = before.get(name), found.get(name)
        if old is None or new is None or old[:2] != new[:2]:
            yield f"{name} is {_described(new)} instead of {_described(old)}"
        elif old != new:
            yield f"{name} holds other numbers" + ("" if new[3] == ALL else f" (in {new[3]})")


def _described(array: list[Any] | None) -> str:
    return "not given" if array is None else f"{np.dtype(array[0])} {tuple(array[1])}"
