"""An array of the package's own that is looked at again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastbp._typing import Array
from fastbp.data.validation import first_finite


class Watched:
    """Knows where the array that it was last asked about lies, and so takes half the time that `all_finite` takes."""

    def __init__(self) -> None:
        self._array: Array | None = None
        self._is_within: Callable[[int], bool] = bool

    def is_finite(self, array: Array) -> bool:
        """Whether no element of an array of floats, which lies in one piece, is infinite or NaN."""
        if array is not self._array:
            self._array, self._is_within = array, first_finite(array)
        return self._is_within(array.size)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy is asked about another array.
        return Watched, ()
