"""Copies of the numbers that steps change, to go back to."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import numpy as np

from fastbp._typing import Array
from fastbp.data.validation import all_finite, copied_if_finite


class Copies:
    """Of some vectors of one type, looked at and copied in one call of a compiled loop: a short fit notices each call of NumPy."""

    def __init__(self) -> None:
        self._arrays: Sequence[Array] = ()
        self._copies: list[Array] = []
        self._are_finite: Callable[[bool], bool] = bool

    def take(self, arrays: Sequence[Array]) -> bool:
        """Copy all of them, or none where a number is not finite, and tell which. The memory of copies before is used again."""
        if not self._know(arrays):
            copies = [np.empty_like(array) for array in arrays]
            are_finite = copied_if_finite(arrays, copies)
            self._arrays, self._copies, self._are_finite = arrays, copies, are_finite
        return self._are_finite(True)

    def are_finite(self, arrays: Sequence[Array]) -> bool:
        """Whether all numbers are."""
        return self._are_finite(False) if self._know(arrays) else all(all_finite(array) for array in arrays)

    def give_back(self, arrays: Sequence[Array]) -> None:
        """Copy back what was taken last, into arrays as large."""
        for array, copy in zip(arrays, self._copies, strict=True):
            np.copyto(array, copy)

    def _know(self, arrays: Sequence[Array]) -> bool:
        return len(arrays) == len(self._arrays) and all(map(operator.is_, arrays, self._arrays))
