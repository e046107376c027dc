"""Losses of real targets."""

from __future__ import annotations

from fastbp._typing import Array
from fastbp.activations import Activation
from fastbp.kernels import codes
from fastbp.losses.base import Loss


class SquaredError(Loss):
    """mean over rows and outputs of (prediction - target)**2, without a factor of one half.

    Targets are real, of shape (n, n_outputs), or (n,) when there is one output. Any output activation; ``"auto"`` is identity.
    """

    name = "squared_error"
    code = codes.SQUARED_ERROR

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula, and its derivative by the chain rule."""
        error = output.reference(z) - targets
        return error**2, output.reference_backward(z, 2 * error / z.shape[1])
