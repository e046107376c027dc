"""How far a run is."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from fastbp._typing import NDArray
from fastbp.training.epoch import Epoch
from fastbp.training.part import Part, State

_FIELDS = [field.name for field in fields(Epoch) if field.init and field.name != "losses"]


class Position(Part):
    """Whole epochs and updates done, and the epoch under way."""

    def __init__(self) -> None:
        self.epoch = 0
        self.steps = 0
        self.current: Epoch | None = None

    def state(self) -> State:
        """The counts, and how far the epoch under way is."""
        state: State = {"epoch": self.epoch, "steps": self.steps, "current": None}
        if self.current is not None:
            state["current"] = {name: getattr(self.current, name) for name in _FIELDS}
            state["losses"] = self.current.losses
        return state

    def load_state(self, state: State) -> None:
        """Take it back."""
        self.epoch, self.steps, self.current = state["epoch"], state["steps"], None
        if state["current"] is not None:
            self.current = Epoch(losses=np.array(state["losses"], np.float64), **state["current"])

    def keep(self, before: Any = None) -> Any:
        """The same without a way through JSON."""
        return self.epoch, self.steps, _copied(self.current)

    def restore(self, kept: Any) -> None:
        """Give it back."""
        self.epoch, self.steps, current = kept
        self.current = _copied(current)

    @property
    def losses(self) -> NDArray[np.float64]:
        """A copy of the losses of the epoch under way so far."""
        return np.empty(0) if self.current is None else self.current.losses[: self.current.done].copy()


def _copied(epoch: Epoch | None) -> Epoch | None:
    return None if epoch is None else replace(epoch, losses=epoch.losses.copy())
