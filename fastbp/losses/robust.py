"""Losses of real targets that an outlier pulls less than by its square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array
from fastbp.activations import Activation
from fastbp.kernels import codes
from fastbp.losses.base import Loss


class AbsoluteError(Loss):
    """mean over rows and outputs of abs(prediction - target), which the median of the targets makes least."""

    name = "absolute_error"
    code = codes.ABSOLUTE_ERROR

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula; slope 0 where there is no error."""
        error = output.reference(z) - targets
        return np.abs(error), output.reference_backward(z, np.sign(error) / z.shape[1])


@dataclass(frozen=True, repr=False, eq=False)
class Huber(Loss):
    """mean over rows and outputs of e**2 / 2 for abs(e) <= delta, else delta (abs(e) - delta / 2), e = prediction - target.

    A square near 0, a line far out (P. Huber, 1964).

    Parameters
    ----------
    delta : float, default 1
        Error up to which it is a square; positive.
    """

    name = "huber"
    code = codes.HUBER

    delta: float = 1.0

    def __post_init__(self) -> None:
        real(self.delta, "delta", exclusive=True)

    @classmethod
    def cases(cls) -> list[Self]:
        """The default, and one that more errors are beyond."""
        return [cls(), cls(0.3)]

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula."""
        error, delta = output.reference(z) - targets, self.delta
        values = np.where(np.abs(error) <= delta, error**2 / 2, delta * (np.abs(error) - delta / 2))
        return values, output.reference_backward(z, np.clip(error, -delta, delta) / z.shape[1])


class LogCosh(Loss):
    """mean over rows and outputs of log(cosh(prediction - target)): near 0 half the square, far out the absolute error less log 2."""

    name = "log_cosh"
    code = codes.LOG_COSH

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula, as log(exp(e) + exp(-e)) - log 2."""
        error = output.reference(z) - targets
        values = np.logaddexp(error, -error) - np.log(2)
        return values, output.reference_backward(z, np.tanh(error) / z.shape[1])
