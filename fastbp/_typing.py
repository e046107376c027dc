"""Names for the NumPy types that every signature uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike as ArrayLike
    from numpy.typing import NDArray as NDArray
else:
    # `numpy.typing` takes a millisecond to import.
    NDArray, ArrayLike = np.ndarray, Any

Array: TypeAlias = NDArray[Any]
DType: TypeAlias = np.dtype[Any]
