"""The squared error of a net over a set as a sum of squares, and what solvers need of its derivatives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.jacobian import BLOCK, Jacobian
from fastbp.kernels.loader import jacobian as kernels
from fastbp.processors.threads import running
from fastbp.solvers import Squares

Numbers = NDArray[np.float64]


class LeastSquares:
    """The squared error of a net over a set as a sum of squares: residuals are errors by the square root of their share of the mean."""

    def __init__(self, jacobian: Jacobian, rows: Rows) -> None:
        self.jacobian, self._rows, self._order = jacobian, rows, rows.order

    def loss(self) -> float:
        """The mean over rows and outputs, as `Trainer.evaluate`, in float64."""
        return float(sum(_sum_of_squares(self._residuals(part, self.jacobian.outputs(X))[0]) for part, X in self._parts()))

    def squares(self, tasks: int) -> Squares:
        """The loss, and what least squares need of its derivatives, on so many tasks."""
        size, loss = self.jacobian.places.size, 0.0
        sums = np.zeros((size + 1, size + 1))
        for residuals, derivatives in self.linear():
            loss += _sum_of_squares(residuals)
            self._add(derivatives, residuals, sums, tasks)
        upper = np.triu(sums[:size, :size])
        return Squares(loss, sums[:size, size].copy(), upper + np.triu(upper, 1).T)

    def linear(self) -> Iterator[tuple[Numbers, Numbers]]:
        """The residuals of some rows, (rows, outputs), and their derivatives (rows, outputs, parameters), rows after rows."""
        for part, X in self._parts():
            outputs, derivatives = self.jacobian.of(X)
            residuals, factors = self._residuals(part, outputs)
            yield residuals, derivatives * factors[..., np.newaxis]

    def _add(self, derivatives: Numbers, residuals: Numbers, sums: Numbers, tasks: int) -> None:
        """The products of the columns of (J, r)."""
        count, together = residuals.size, kernels().TOGETHER
        columns = np.zeros((-(-count // together) * together, sums.shape[0]))
        columns[:count, :-1] = derivatives.reshape(count, -1)
        columns[:count, -1] = residuals.reshape(-1)
        with running(tasks) as granted:
            kernels().add_products(columns, sums, granted)

    def _parts(self) -> Iterator[tuple[slice, Array]]:
        for begin in range(0, self._rows.n_rows, BLOCK):
            part = slice(begin, begin + BLOCK)
            yield part, self._rows.inputs(self._order[part])

    def _residuals(self, part: slice, outputs: Numbers) -> tuple[Numbers, Numbers]:
        """The residuals, and what derivatives are multiplied with for theirs; 0 where a target is missing."""
        wanted, weights = self._rows.targets[self._order[part]].astype(np.float64), self._rows.weights(part)
        shares = np.broadcast_to(1.0 if weights is None else weights[:, np.newaxis].astype(np.float64), outputs.shape)
        factors = np.where(np.isnan(wanted), 0.0, np.sqrt(shares / (self._rows.n_rows * outputs.shape[1])))
        with np.errstate(over="ignore"):
            return (outputs - np.where(np.isnan(wanted), 0.0, wanted)) * factors, factors


def _sum_of_squares(residuals: Numbers) -> float:
    # What is too large, the sum will show.
    with np.errstate(over="ignore", invalid="ignore"):
        return float((residuals * residuals).sum())
