"""Steps on a few rows: arrays of the network's own type are copied to one place, which the calls of the kernels read each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.data.rows import Rows
from fastbp.data.validation import first_finite, first_within
from fastbp.kernels.lanes.sizes import FEW
from fastbp.training.run import Run


class FewRows:
    """Checks and takes up to FEW rows in a few microseconds, where the general way makes arrays, addresses and records anew."""

    def __init__(self, run: Run) -> None:
        self._run, self._dtype, self._n_in = run, run.model.dtype, run.model.layer_sizes[0]
        self._places: dict[Any, _Place | None] = {}  # by type and shape of the targets

    def take(self, X: object, y: object) -> Rows | None:
        """The rows, until the next are taken; None for what asks for more checks, or does not pass these."""
        if type(X) is not np.ndarray or type(y) is not np.ndarray or X.dtype != self._dtype or X.ndim != 2 or y.ndim == 0:
            return None
        rows = X.shape[0]
        if not 0 < rows <= FEW or X.shape[1] != self._n_in or y.shape[0] != rows:
            return None
        key = y.dtype, y.shape[1:]
        if key not in self._places:
            self._places[key] = self._place(y)
        place = self._places[key]
        return None if place is None else place.take(X, y, rows)

    def _place(self, y: Array) -> _Place | None:
        if self._run.model.classes is not None:
            return None
        allowed = self._run.loss.target_range(y.dtype, y.shape[1:], self._run.model.layer_sizes[-1], self._dtype)
        if allowed is None:
            return None
        return _Place(self._dtype, self._n_in, y, *allowed)


class _Place:
    """Where rows with targets like `y` lie, which are in order when they are in a range."""

    def __init__(self, dtype: Any, n_in: int, y: Array, low: float, high: float) -> None:
        self._inputs, self._targets = np.zeros((FEW, n_in), dtype), np.zeros((FEW, *y.shape[1:]), y.dtype)
        columns = self._targets.reshape(FEW, -1)
        self._rows, self._width = Rows(self._inputs, columns), columns.shape[1]
        self._inputs_are_finite = first_finite(self._inputs)
        self._targets_are_right = first_within(self._targets, y.dtype.type(low), y.dtype.type(high))

    def take(self, X: Array, y: Array, rows: int) -> Rows | None:
        self._inputs[:rows] = X
        self._targets[:rows] = y
        if not (self._inputs_are_finite(rows * self._inputs.shape[1]) and self._targets_are_right(rows * self._width)):
            return None
        self._rows.n_rows = rows
        return self._rows
