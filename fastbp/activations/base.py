"""What the model, the kernels and the checks ask of an activation."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fastbp._specification import Specification
from fastbp._typing import Array


class Activation(Specification):
    """Base of the activations: name, code, settings, preferred initialiser, and a reference implementation to check the kernels by."""

    #: Name of the initialiser that ``init="auto"`` stands for in a layer of this activation.
    initializer: ClassVar[str] = "glorot_uniform"
    output_only: ClassVar[bool] = False
    #: Whether act'(z) cannot be written by act(z): then the forward pass keeps it for the way back.
    needs_z: ClassVar[bool] = False

    @property
    def slope(self) -> float:
        """The setting, which a kernel gets beside the code: there may be one. 0 where there is none."""
        (setting,) = self.settings.values() or (0.0,)
        return setting

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
