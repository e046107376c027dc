"""What the model, the kernels and the checks ask of an activation."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fastbp._specification import Specification
from fastbp._typing import Array
from fastbp.kernels.codes import ACTIVATION_SETTINGS


class Activation(Specification):
    """Base of the activations: name, code, settings, preferred initialiser, and a reference implementation to check the kernels by."""

    #: Name of the initialiser that ``init="auto"`` stands for in a layer of this activation.
    initializer: ClassVar[str] = "glorot_uniform"
    output_only: ClassVar[bool] = False
    #: Whether deltas can be multiplied by its derivative; an output without is for losses of logits.
    has_derivative: ClassVar[bool] = True
    #: Whether act'(z) cannot be written by act(z): then the forward pass keeps it for the way back.
    needs_z: ClassVar[bool] = False

    #: Whether a net of several hidden layers of it overflows, so that it is verified in one layer.
    steep: ClassVar[bool] = False
    #: Logits at which the derivative jumps.
    kinks: ClassVar[tuple[float, ...]] = ()

    @property
    def for_kernels(self) -> tuple[float, ...]:
        """The settings as the kernels get them: ACTIVATION_SETTINGS numbers, 0 where there are fewer."""
        given = self.numbers
        return (*given, *[0.0] * (ACTIVATION_SETTINGS - len(given)))

    def reference(self, z: Array) -> Array:
        """act(z) in float64, written from the formula in plain NumPy."""
        raise NotImplementedError

    def reference_derivative(self, z: Array) -> Array:
        """act'(z), like z; where an output depends on other units' logits, d a_k / d z_j of every row, as (n, k, j)."""
        raise NotImplementedError

    def reference_backward(self, z: Array, errors: Array) -> Array:
        """dL/dz from `errors`, dL/da, by the chain rule."""
        derivative = self.reference_derivative(z)
        if derivative.ndim == z.ndim:
            return errors * derivative
        found: Array = np.einsum("nk,nkj->nj", errors, derivative)
        return found
