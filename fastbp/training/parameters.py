"""The model's weights and biases, as a piece of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.data.watched import Watched
from fastbp.files.tensors import fill
from fastbp.mlp import MLP
from fastbp.training.part import Part, State


class Parameters(Part):
    """They belong to the model; here they are looked at, kept and given back."""

    def __init__(self, model: MLP) -> None:
        self._model, self._watched = model, Watched()

    def state(self) -> State:
        """By their names in a model file."""
        return dict(self._named())

    def load_state(self, state: State) -> None:
        """Copy them into the model."""
        fill(self._named(), state)

    def keep(self, before: Any = None) -> Any:
        """All in one copy."""
        flat = self._model.network.parameters
        before = np.empty_like(flat) if before is None else before
        before[...] = flat
        return before

    def restore(self, kept: Any) -> None:
        """Give them back."""
        np.copyto(self._model.network.parameters, kept)

    def is_finite(self) -> bool:
        """Whether all of them are."""
        return self._watched.is_finite(self._model.network.parameters)

    def _named(self) -> dict[str, Array]:
        return self._model.named_arrays()
