"""The epoch under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastbp._typing import NDArray
from fastbp.data.order import epoch_order


@dataclass
class Epoch:
    """How far an epoch is, and what it has seen."""

    rows: int
    batch: int
    number: int
    seed: int | None  # of the order; None: as the rows lie
    losses: NDArray[np.float64]  # one a batch
    done: int = 0  # batches
    seconds: float = 0.0
    # No cached_property: in Python 3.11 it holds a lock of all epochs, which a forked child would find locked.
    _order: NDArray[np.int64] | None = field(default=None, init=False, repr=False, compare=False)
    _chosen: NDArray[np.int64] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def begin(cls, rows: int, batch: int, number: int, seed: int | None) -> Epoch:
        """The start of epoch `number`."""
        return cls(rows, batch, number, seed, losses=np.zeros(-(-rows // batch)))

    def over(self, chosen: NDArray[np.int64] | None) -> Epoch:
        """The epoch itself, which visits these rows of a data set, as many as it has; None: a data set of no more."""
        if self._chosen is not chosen:
            self._chosen, self._order = chosen, None
        return self

    @property
    def order(self) -> NDArray[np.int64]:
        """The order in which the rows are visited; not in copies, which make it again."""
        if self._order is None:
            as_they_lie = self.seed is None or self.batch == self.rows
            places = np.arange(self.rows) if as_they_lie or self.seed is None else epoch_order(self.seed, self.number, self.rows)
            self._order = places if self._chosen is None else self._chosen[places]
        return self._order

    def next_rows(self) -> NDArray[np.int64]:
        """The rows of the next batch."""
        return self.order[self.done * self.batch : (self.done + 1) * self.batch]

    def last_rows(self) -> NDArray[np.int64]:
        """The rows of the batch done last."""
        return self.order[(self.done - 1) * self.batch : self.done * self.batch]

    def add(self, losses: NDArray[Any], seconds: float) -> int:
        """Take note of the next batches; the number of their rows."""
        before = self._rows_before(self.done)
        self.losses[self.done : self.done + losses.size] = losses
        self.done += losses.size
        self.seconds += seconds
        return self._rows_before(self.done) - before

    @property
    def batches(self) -> int:
        """Batches of the whole epoch."""
        return len(self.losses)

    @property
    def complete(self) -> bool:
        """Whether all batches are done."""
        return self.done == self.batches

    def mean_loss(self) -> float:
        """Mean over the batches by their rows, all added at once: the runs that the epoch was cut into leave no trace in the bits."""
        sizes = np.full(self.batches, self.batch)
        sizes[-1] = self.rows - self._rows_before(self.batches - 1)
        with np.errstate(over="ignore"):
            return float((self.losses * sizes).sum() / self.rows)

    def _rows_before(self, batches: int) -> int:
        """Rows in the first `batches` batches."""
        return min(batches * self.batch, self.rows)
