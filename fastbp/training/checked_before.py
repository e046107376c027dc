"""Data that the last ``fit`` has checked: where they hold the same numbers, they need no second look."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.data.digest import ALL, digest_of
from fastbp.data.rows import Rows


class CheckedBefore:
    """It keeps no array, but type, shape and digest of each: the caller may write into them between two calls."""

    def __init__(self) -> None:
        self._given: tuple[Any, ...] = ()
        self._fingerprint: dict[str, Any] = {}

    def take(self, X: Any, y: Any) -> Rows | None:
        """The rows, if these arrays hold what the last two have held; None where they have to be checked."""
        # Other arrays are hardly the same: reading them twice would be in vain.
        if not self._given or _described(X, y) != self._given:
            return None
        known = self._fingerprint
        if [*digest_of(X)] != known["X"][2:] or [*digest_of(y)] != known["y"][2:]:
            return None
        return Rows(X, y.reshape(known["y"][1]), fingerprint=known)

    def remember(self, X: Any, y: Any, rows: Rows) -> None:
        """The last two are these, and `rows` what the checks have made of them."""
        inputs, _, weights = rows.arrays
        targets: Any = rows.targets
        self._given = ()
        if inputs is X and weights is None and (targets is y or targets.base is y) and targets.size == y.size:
            self._fingerprint = rows.fingerprint()
            if all(read == ALL for *_, read in self._fingerprint.values()):
                self._given = _described(X, y)


def _described(X: Any, y: Any) -> tuple[Any, ...]:
    """Of two arrays that lie in one piece, of numbers as they are read."""
    if type(X) is not np.ndarray or type(y) is not np.ndarray or not (X.flags.c_contiguous and y.flags.c_contiguous) or y.dtype == bool:
        return ()
    return id(X), X.dtype, X.shape, id(y), y.dtype, y.shape
