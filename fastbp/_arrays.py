"""The arrays of a model: views of the one vector that training changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastbp import layout
from fastbp._fixed import Fixed
from fastbp._typing import Array, DType
from fastbp.initializers import check_arrays
from fastbp.kernels.arguments import Network

if TYPE_CHECKING:
    from fastbp.processors.turns import Turns


class View:
    """A tuple with an array a layer, or for each hidden one. Assigning to it copies numbers into them."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, model: Arrays | None, owner: type) -> Any:
        """The arrays; none where the model has none of that name."""
        return self if model is None else model.views.get(self._name, ())

    def __set__(self, model: Arrays, given: Sequence[Any]) -> None:
        """Copy them; ValueError or TypeError for arrays that do not fit, before anything is changed."""
        model.fill([(self._name, array) for array in model.views.get(self._name, ())], f"model.{self._name}", self._name, given)


class Arrays(Fixed):
    """Base of the model: what its arrays are called, and what assigning to them means."""

    dtype: DType
    network: Network
    turns: Turns
    views: dict[str, tuple[Array, ...]]

    weights = View()
    biases = View()
    scales = View()
    shifts = View()
    running_means = View()
    running_variances = View()

    def _take_views(self) -> None:
        views = layout.views(self.network.parameters, self.network.table)
        vars(self).update(views={name: tuple(arrays) for name, arrays in views.items()})

    def named_arrays(self) -> dict[str, Array]:
        """Each array by its name in files: ``weights.0``, ``weights.1``, ..., ``biases.0`` and so on."""
        return layout.named_arrays(self.network.parameters, self.network.table)

    def trained_arrays(self) -> dict[str, Array]:
        """Those of them that an optimizer changes."""
        return {name: array for name, array in self.named_arrays().items() if not name.startswith("running")}

    def get_weights(self) -> list[Array]:
        """Copies of W and b of the first layer, then of its scale, shift and averages if it has them, and so on, as in Keras."""
        return self.turns.look(lambda: [array.copy() for _, array in self._by_layer()])

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Copy such a list into the model.

        Raises
        ------
        ValueError, TypeError
            For arrays of other shapes, or numbers that are not finite; nothing has changed then.
        """
        self.fill(self._by_layer(), "weights", "weights", weights)

    def _by_layer(self) -> list[tuple[str, Array]]:
        layers = range(len(self.weights))
        return [(name, arrays[layer]) for layer in layers for name, arrays in self.views.items() if layer < len(arrays)]

    def fill(self, own: Sequence[tuple[str, Array]], argument: str, what: str, given: object) -> None:
        """Copy given arrays into own ones, of which each comes with what it is."""
        found = check_arrays(given, what, argument, [array.shape for _, array in own], self.dtype)
        for i, ((name, _), values) in enumerate(zip(own, found, strict=True)):
            if name == "running_variances" and np.any(values < 0):
                raise ValueError(f"{argument}[{i}] holds {values.min()}; expected variances, which are not negative")
        with self.turns.change("an assignment of weights"):
            for (_, array), values in zip(own, found, strict=True):
                array[...] = values

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases, scales and shifts."""
        return sum(array.size for array in self.trained_arrays().values())
