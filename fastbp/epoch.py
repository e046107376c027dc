"""The epoch under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Epoch:
    """How far an epoch is, and what it has seen."""

    rows: int
    batch: int
    order: NDArray[np.int64]
    losses: NDArray[np.float64]  # one a batch
    done: int = 0  # batches
    seconds: float = 0.0

    @property
    def batches(self) -> int:
        """Batches of the whole epoch."""
        return len(self.losses)

    def rows_before(self, batches: Any) -> Any:
        """Rows in the first `batches` batches."""
        return np.minimum(batches * self.batch, self.rows)

    def mean_loss(self) -> float:
        """Mean over the batches by their rows, all added at once: the runs that the epoch was cut into leave no trace in the bits."""
        sizes = np.diff(self.rows_before(np.arange(self.batches + 1)))
        return float((self.losses * sizes).sum() / self.rows)
