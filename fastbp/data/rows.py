"""A checked data set as the kernels read it: where it lies in memory, in its own type."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp._typing import Array
from fastbp.kernels.arguments import COLUMNS, TARGETS, Data
from fastbp.kernels.codes import DTYPES

# Rows whose hash stands for the data set.
_SAMPLE = 64


class Rows:
    """Checked arrays of a data set, kept alive while the kernels read them."""

    def __init__(self, inputs: Array, targets: Array | None = None, weights: Array | None = None) -> None:
        self.n_rows = inputs.shape[0]
        self.total_weight = float(self.n_rows) if weights is None else float(weights.sum(dtype=np.float64))
        self._arrays = [None if array is None else _readable(array) for array in (inputs, targets, weights)]
        self._sources = np.array([_source(array) for array in self._arrays], np.int64)

    @property
    def target_width(self) -> int:
        """Columns of the targets: 1 for class labels."""
        return int(self._sources[TARGETS, COLUMNS])

    def inputs(self, rows: NDArray[np.int64]) -> Array:
        """A copy of some rows of X."""
        assert self._arrays[0] is not None
        return self._arrays[0][rows]

    def fingerprint(self) -> dict[str, Any]:
        """What tells this data set from others: shapes, types, and a hash of some rows."""
        some = np.linspace(0, self.n_rows - 1, min(_SAMPLE, self.n_rows)).astype(np.int64)
        digest, kinds = hashlib.sha256(), []
        for name, array in zip(("X", "y", "sample_weight"), self._arrays, strict=True):
            if array is not None:
                digest.update(array[some].tobytes())
                kinds.append(f"{name} {array.dtype} {array.shape}")
        return {"arrays": ", ".join(kinds), "sample": digest.hexdigest()}

    def data(self, order: NDArray[np.int64], total_weight: Array) -> Data:
        """What the kernels read: the arrays' places in memory, the order of the rows, and what their weights are divided by."""
        return Data(self._sources, order, order.size, total_weight)


def _readable(array: Array) -> Array:
    """`array` itself where its rows are contiguous and of a type that the kernels convert; otherwise the smallest copy that is."""
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    if array.dtype not in DTYPES:
        array = array.astype(next((dtype for dtype in DTYPES if np.can_cast(array.dtype, dtype)), np.float64))
    if array.shape[1] > 1 and array.strides[1] != array.itemsize:
        array = np.ascontiguousarray(array)
    return array


def _source(array: Array | None) -> tuple[int, int, int, int]:
    """Address, stride, columns, dtype."""
    if array is None:
        return 0, 0, 0, 0
    return array.ctypes.data, array.strides[0], array.shape[1], DTYPES.index(array.dtype)
