"""Data that the last ``fit`` has checked: where they hold the same numbers, they need no second look."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.data.digest import ALL, digest_of_whole
from fastbp.data.rows import Rows
from fastbp.kernels.address import address_of


class CheckedBefore:
    """It keeps no array, but place, type, shape and digest of each: the caller may write into them between two calls."""

    def __init__(self) -> None:
        self._given: tuple[Any, ...] = ()
        self._digests = 0, 0
        self._made: tuple[Any, ...] = ()  # of the rows: shape of their targets, where they are read, fingerprint

    def take(self, X: Any, y: Any) -> Rows | None:
        """The rows, if these arrays hold what the last two have held; None where they have to be checked."""
        # Other arrays are hardly the same: reading them twice would be in vain.
        if not self._given or _described(X, y) != self._given:
            return None
        first, second = self._given[0], self._given[3]
        if (digest_of_whole(X, first), digest_of_whole(y, second)) != self._digests:
            return None
        shape, sources, fingerprint = self._made
        return Rows(X, y.reshape(shape), sources=sources, fingerprint=fingerprint)

    def remember(self, X: Any, y: Any, rows: Rows) -> None:
        """The last two are these, and `rows` what the checks have made of them."""
        inputs, _, weights = rows.arrays
        targets: Any = rows.targets
        self._given = ()
        if inputs is X and weights is None and (targets is y or targets.base is y) and targets.size == y.size:
            found = rows.fingerprint()
            if all(read == ALL for *_, read in found.values()):
                self._given, self._digests = _described(X, y), (int(found["X"][2], 16), int(found["y"][2], 16))
                self._made = targets.shape, rows.sources, found


def _described(X: Any, y: Any) -> tuple[Any, ...]:
    """Of two arrays that lie in one piece, of numbers as they are read."""
    if type(X) is not np.ndarray or type(y) is not np.ndarray or not (X.flags.c_contiguous and y.flags.c_contiguous) or y.dtype == bool:
        return ()
    return address_of(X), X.dtype, X.shape, address_of(y), y.dtype, y.shape
