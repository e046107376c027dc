"""The model's weights and biases, as a piece of a run."""

from __future__ import annotations

from typing import Any

from fastbp._typing import Array
from fastbp.files.tensors import fill
from fastbp.mlp import MLP
from fastbp.training.part import Part, State


class Parameters(Part):
    """They belong to the model; here they are known as a piece of the run."""

    def __init__(self, model: MLP) -> None:
        self._model = model

    def state(self) -> State:
        """By their names in a model file."""
        return dict(self._named())

    def load_state(self, state: State) -> None:
        """Copy them into the model."""
        fill(self._named(), state)

    def numbers(self) -> Array:
        """All of them."""
        numbers: Array = self._model.network.parameters
        return numbers

    def keep(self, before: Any = None) -> Any:
        """Nothing: they are all numbers."""

    def restore(self, kept: Any) -> None:
        """Nothing."""

    def _named(self) -> dict[str, Array]:
        return self._model.named_arrays()
