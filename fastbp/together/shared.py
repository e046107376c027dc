"""A data set that several trainers read where it lies, each its own rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.data.validation import check_inputs, numeric
from fastbp.mlp import MLP
from fastbp.training.sets import told_of

Places = NDArray[np.int64]


class Shared:
    """X and y, and what all are validated on, if that is given. What the kernels cannot read as it is, is converted once for all."""

    def __init__(self, X: Any, y: Any, validation_data: Any = None) -> None:
        self.X, self.y = X, _array(y)
        self._validation = validation_data
        self._known: dict[Any, tuple[Array, Any]] = {}

    def of(self, model: MLP) -> tuple[Array, Any]:
        """X and the validation data as a model takes them."""
        names = model.names_for(self.X)
        key = names, model.layer_sizes[0], model.dtype
        if key not in self._known:
            inputs, validation = _readable(self.X, *key), self._validation
            if isinstance(validation, (tuple, list)) and len(validation) in (2, 3):
                with told_of("validation_data: "):
                    validation = (_readable(validation[0], *key), _array(validation[1]), *validation[2:])
            self._known[key] = inputs, validation
        return self._known[key]


def _readable(X: Any, names: Any, n_inputs: int, dtype: Any) -> Array:
    return Rows(check_inputs(X, n_inputs, dtype, names)).checked()[0]


def _array(y: Any) -> Any:
    """A list of numbers or labels as an array; what is no rectangle is left to be refused."""
    if not isinstance(y, (list, tuple)):
        return y
    try:
        return np.asarray(y)
    except ValueError:
        return y


def check_rows(given: Any, argument: str, trainers: int, n_rows: int) -> list[Places | None]:
    """Numbers of rows for each trainer; None for all rows. ValueError or TypeError for what is none."""
    if given is None:
        return [None] * trainers
    if isinstance(given, np.ndarray) and given.ndim < 2:
        raise ValueError(f"{argument} has shape {given.shape}; expected numbers of rows for each of the {trainers} trainers")
    return [check_places(each, f"{argument}[{i}]", n_rows) for i, each in enumerate(per_trainer(given, argument, trainers))]


def check_places(given: Any, argument: str, n_rows: int) -> Places | None:
    """`given` as numbers of rows, which may come more than once, or None; a mask of bools as the rows that it chooses."""
    if given is None:
        return None
    places = numeric(given, argument)
    if places.dtype.kind == "b" and places.shape == (n_rows,):
        places = np.flatnonzero(places)
    if places.size == 0:
        raise ValueError(f"{argument} has no rows; expected at least one")
    if places.ndim != 1 or places.dtype.kind not in "iu":
        what = f"shape {places.shape}, {places.dtype}"
        raise ValueError(f"{argument} has {what}; expected numbers of rows, or a mask of shape ({n_rows},)")
    wrong = np.flatnonzero((places < 0) | (places >= n_rows))
    if wrong.size:
        raise ValueError(f"{argument}[{wrong[0]}] is {places[wrong[0]]}; X has rows 0 to {n_rows - 1}")
    # A copy: whoever gave them may change his.
    return places.astype(np.int64)


def per_trainer(given: Any, argument: str, trainers: int) -> Sequence[Any]:
    """`given` as a sequence with an entry for each trainer."""
    if isinstance(given, str) or not isinstance(given, (Sequence, np.ndarray)):
        raise TypeError(f"{argument} is of type {type(given).__name__}; expected a list with an entry for each of the {trainers} trainers")
    if len(given) != trainers:
        raise ValueError(f"{argument} has {len(given)} entries; expected one for each of the {trainers} trainers")
    return list(given)
