"""What callbacks may ask of the call of ``fit`` under way, beside the run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows

_NONE: NDArray[np.int64] = np.empty(0, np.int64)


class Computed(NamedTuple):
    """What a step has computed of its batch, as the kernels had it: with dropout, noise and mixed rows where there are any."""

    activations: list[Array]  # (n, n_in) what each layer has read
    deltas: list[Array]  # (n, n_out) dL/dz of each layer, with the rows' shares of the mean
    standardized: list[Array]  # (n, n_out) x of each normalised layer, which goes on with scale x + shift
    slopes: list[Array]  # (n, n_out) of these the derivative of the activation by that, times the factor of dropout
    shares: Array  # (n,) what the loss of each row is multiplied with in that of the batch
    gradient: Array | None  # of all parameters, flat, where the update has waited for it
    rates: Array  # (RATES,) what the optimizer has multiplied with, as `Optimizer.rates` has it


class Steps(Protocol):
    """What makes the steps."""

    def computed(self, rows: int) -> Computed:
        """Of the last one, on a batch of so many rows."""

    def gradients(self, rows: Rows, order: NDArray[np.int64]) -> tuple[float, Array]:
        """Loss and flat gradient of rows by their places."""


class UnderWay:
    """The data of a call of ``fit``, and what its steps compute. A copy of it is None: it belongs to one call.

    Attributes
    ----------
    rows : Rows
        The data set that is trained on.
    batch : ndarray of int64
        The rows of the last step, by their places in X.
    """

    def __init__(
        self, rows: Rows, steps: Steps, parameters: Array, held: Callable[[], AbstractContextManager[object]], begin: Callable[[], None]
    ) -> None:  # fmt: skip
        self.rows = rows
        self.batch = _NONE
        self._steps, self._parameters, self._held, self._begin = steps, parameters, held, begin

    def computed(self) -> Computed:
        """Copies of what the last step has computed of its `batch`; asked for by ``on_steps``. ValueError with ``shards`` above 1."""
        return self._steps.computed(self.batch.size)

    def gradients(self, rows: NDArray[np.int64]) -> tuple[float, Array]:
        """Loss and flat gradient of some rows, by their places in X, at the weights as they are."""
        return self._steps.gradients(self.rows, rows)

    def move(self, parameters: Array) -> None:
        """Let the model have other parameters, from which training goes on."""
        with self._held():
            np.copyto(self._parameters, parameters)
            self._begin()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()
