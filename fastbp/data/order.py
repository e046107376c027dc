"""The order in which an epoch visits the rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastbp._random import EPOCH_ORDER
from fastbp._typing import NDArray
from fastbp.compiling.loading import imported


def epoch_order(seed: int, epoch: int, rows: int) -> NDArray[np.int64]:
    """That of an epoch, by the run's seed and the number of the epoch alone."""
    return _permutation()(rows, seed, EPOCH_ORDER, epoch)


@imported
def _permutation() -> Callable[..., NDArray[np.int64]]:
    """The compiled shuffle."""
    from fastbp.kernels.shuffle import permutation

    return permutation
