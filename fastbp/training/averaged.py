"""The average of the weights, as a piece of a run; in the model it takes their place while nobody trains."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp import layout
from fastbp._typing import Array
from fastbp.averages import Average, shares_of
from fastbp.files.tensors import fill
from fastbp.mlp import MLP
from fastbp.schedules import Plan
from fastbp.training.part import Part, State


class Averaged(Part):
    """Beside the model's weights their average, or beside the average, `shown` in the model, the weights."""

    def __init__(self, model: MLP, average: Average | None) -> None:
        self._model, self.average = model, average
        self.flat: Array = layout.aligned_zeros(model.network.size if average else 0, model.dtype)
        self.shown = False

    @property
    def is_used(self) -> bool:
        """Whether there is one."""
        return self.average is not None

    def shares(self, done: int, count: int, plan: Plan) -> Any:
        """How far it goes towards the weights after each of some steps; 0 where there is none."""
        return 0.0 if self.average is None else shares_of(self.average, done, count, plan)

    def show(self, steps: int) -> None:
        """Let the model have the average, once a step was made."""
        if self.is_used and not self.shown and steps > 0:
            self._swap()

    def hide(self) -> None:
        """Let the model have the weights that training goes on with."""
        if self.shown:
            self._swap()

    @contextlib.contextmanager
    def showing(self, steps: int) -> Iterator[None]:
        """The average in the model for a while."""
        self.show(steps)
        try:
            yield
        finally:
            self.hide()

    def _swap(self) -> None:
        parameters = self._model.network.parameters
        held = parameters.copy()
        np.copyto(parameters, self.flat)
        np.copyto(self.flat, held)
        self.shown = not self.shown

    def state(self) -> State:
        """The other weights, by their names, and which are where."""
        return {"shown": self.shown, **self._named()} if self.is_used else {}

    def load_state(self, state: State) -> None:
        """Take it back; nothing where the file has none."""
        if self.is_used and state:
            self.shown = state["shown"]
            fill(self._named(), state)

    def numbers(self) -> Array | None:
        """The average, or beside it the weights."""
        return self.flat if self.is_used else None

    def keep(self, before: Any = None) -> Any:
        """Which are where."""
        return self.shown

    def restore(self, kept: Any) -> None:
        """Let them be there again."""
        self.shown = kept

    def _named(self) -> dict[str, Array]:
        return layout.named_arrays(self.flat, self._model.network.table)
