"""A checked data set as the kernels read it: where it lies in memory, in its own type."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.digest import digest_of
from fastbp.kernels.address import address_of
from fastbp.kernels.arguments import ADDRESS, STRIDE, WEIGHTS
from fastbp.kernels.codes import DTYPES

_NAMES, _CHOICE = ("X", "y", "sample_weight"), "choice of rows"
_CODES = {dtype: code for code, dtype in enumerate(DTYPES)}


class Rows:
    """Checked arrays of a data set, kept alive while the kernels read them.

    Attributes
    ----------
    n_rows : int
    chosen : ndarray of shape (n_rows,), optional
        Which rows of the arrays are meant, in their order; None: all of them.
    target_width : int
        Columns of the targets: 1 for class labels.
    sources : ndarray of shape (3, 4)
        For inputs, targets and weights of rows: address, stride, columns, dtype, as `fastbp.kernels.arguments` says. Whoever knows them
        already, of arrays that are read where they lie, gives them.
    """

    def __init__(
        self, inputs: Array, targets: Array | None = None, weights: Array | None = None, chosen: NDArray[np.int64] | None = None,
        *, sources: NDArray[np.int64] | None = None, fingerprint: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.n_rows, self.chosen = inputs.shape[0] if chosen is None else chosen.size, chosen
        self.target_width = 0 if targets is None else targets.shape[1]
        self._arrays: tuple[Array | None, ...] = inputs, targets, weights
        if sources is None:
            self._arrays = tuple(map(_readable, self._arrays))
            sources = _sources_of(self._arrays)
        self.sources = sources
        self._fingerprint = fingerprint

    def choice(self, chosen: NDArray[np.int64] | None, weights: Array | None) -> Rows:
        """Some of the rows, in the same memory; the weights are a row of all of the arrays each."""
        inputs, targets, _ = self._arrays
        assert inputs is not None
        return Rows(inputs, targets, weights, chosen)

    @property
    def arrays(self) -> tuple[Array, Array | None, Array | None]:
        """X, y and weights (n, 1) as they are read; None for what there is not."""
        inputs, targets, weights = self._arrays
        assert inputs is not None
        return inputs, targets, weights

    def brought(self, rows: NDArray[np.int64]) -> tuple[Rows, NDArray[np.int64]]:
        """A data set that is in the memory of this process and has these rows, and where it has them."""
        return self, rows

    @property
    def order(self) -> NDArray[np.int64]:
        """The rows that are meant, one after the other."""
        return as_they_lie(self.n_rows) if self.chosen is None else self.chosen

    def with_targets(self, targets: Array) -> Rows:
        """The same rows with other targets."""
        inputs, _, weights = self._arrays
        assert inputs is not None
        return Rows(inputs, targets, weights, self.chosen)

    @property
    def targets(self) -> Array:
        """The targets of all rows of the arrays, of shape (n, target_width), as they are read."""
        assert self._arrays[1] is not None
        return self._arrays[1]

    def chosen_targets(self) -> Array:
        """Those of the rows that are meant."""
        return self.targets if self.chosen is None else self.targets[self.chosen]

    def inputs(self, rows: NDArray[np.int64]) -> Array:
        """A copy of some rows of X."""
        assert self._arrays[0] is not None
        return self._arrays[0][rows]

    def checked(self) -> tuple[Array, Array | None]:
        """X and y as they are read, which may be where the caller can change them; y with one column as (n,)."""
        inputs, targets = self._arrays[:2]
        assert inputs is not None
        return inputs, targets[:, 0] if targets is not None and self.target_width == 1 else targets

    def weights(self, rows: slice) -> Array | None:
        """The weights of some rows; None where all weigh the same."""
        weights = self._arrays[2]
        return None if weights is None else weights[rows if self.chosen is None else self.chosen[rows], 0]

    def unweighted(self, rows: slice) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sources without weights and an order of them, which are some rows."""
        begin = rows.start if self.chosen is None else 0
        order = as_they_lie(rows.stop - rows.start) if self.chosen is None else self.chosen[rows]
        if begin == 0 and self._arrays[2] is None:
            return self.sources, order
        moved = self.sources.copy()
        moved[:, ADDRESS] += begin * moved[:, STRIDE]
        moved[WEIGHTS] = 0
        return moved, order

    def reads_as(self, other: Rows) -> bool:
        """Whether X and y lie where those of another lie."""
        return all(own is its for own, its in zip(self._arrays[:2], other._arrays[:2], strict=True))

    def fingerprint(self) -> dict[str, Any]:
        """What tells this data set from others: type, shape and digest of each array, as these were when it was first asked for."""
        if self._fingerprint is None:
            choice = None if self.chosen is None else self.chosen[:, np.newaxis]
            named = zip((*_NAMES, _CHOICE), (*self._arrays, choice), strict=True)
            self._fingerprint = {
                name: [array.dtype.str, list(array.shape), *digest_of(array)] for name, array in named if array is not None
            }
        return self._fingerprint


# As many as a pass over a data set takes at once.
_NUMBERS = np.arange(1 << 14)


def as_they_lie(rows: int) -> NDArray[np.int64]:
    """The order 0, 1, 2 and so on, which nobody changes."""
    return _NUMBERS[:rows] if rows <= _NUMBERS.size else np.arange(rows)


def may_change(array: Any) -> bool:
    """Whether somebody may write into an array, or into one that it is a view of."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return True
        array = array.base
    return False


def _sources_of(arrays: tuple[Array | None, ...]) -> NDArray[np.int64]:
    """Where they are read, as `Rows.sources`."""
    sources = np.zeros((len(_NAMES), 4), np.int64)
    for place, array in enumerate(arrays):
        if array is not None:
            sources[place] = address_of(array), array.strides[0], array.shape[1], _CODES[array.dtype]
    return sources


def _readable(array: Array | None) -> Array | None:
    """`array` itself where its rows are contiguous and of a type that the kernels convert; otherwise the smallest copy that is."""
    if array is None:
        return None
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    if array.dtype not in _CODES:
        array = array.astype(next((dtype for dtype in DTYPES if np.can_cast(array.dtype, dtype)), np.float64))
    if array.shape[1] > 1 and array.strides[1] != array.itemsize:
        array = np.ascontiguousarray(array)
    return array
