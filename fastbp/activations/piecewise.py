"""Activations made of straight lines, without settings: identity and relu."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels import codes


class Identity(Activation):
    """a = z."""

    name = "identity"
    code = codes.IDENTITY

    def reference(self, z: Array) -> Array:
        """The formula."""
        return z.copy()

    def reference_derivative(self, z: Array) -> Array:
        """Ones."""
        return np.ones_like(z)


class ReLU(Activation):
    """a = max(z, 0); a' = 1 for z > 0, else 0 (V. Nair, G. Hinton, ICML 2010)."""

    name = "relu"
    code = codes.RELU
    initializer = "he_uniform"
    kinks = (0.0,)

    def reference(self, z: Array) -> Array:
        """The formula."""
        return np.maximum(z, 0.0)

    def reference_derivative(self, z: Array) -> Array:
        """0 at the kink."""
        return np.where(z > 0, 1.0, 0.0)
