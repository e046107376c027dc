"""Sigmoid and tanh, which saturate."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels import codes


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)), the logistic function; a' = a (1 - a)."""

    name = "sigmoid"
    code = codes.SIGMOID

    def reference(self, z: Array) -> Array:
        """The formula."""
        with np.errstate(over="ignore"):  # exp(1e4) is inf, and 1 / inf is right.
            value: Array = 1 / (1 + np.exp(-z))
        return value

    def reference_derivative(self, z: Array) -> Array:
        """1 - a(z) is a(-z), without cancellation."""
        return self.reference(z) * self.reference(-z)


class Tanh(Activation):
    """a = tanh(z); a' = 1 - a**2."""

    name = "tanh"
    code = codes.TANH

    def reference(self, z: Array) -> Array:
        """The formula."""
        value: Array = np.tanh(z)
        return value

    def reference_derivative(self, z: Array) -> Array:
        """1 - a**2 is 1 / cosh(z)**2, without cancellation."""
        with np.errstate(over="ignore"):
            value: Array = 1 / np.cosh(z) ** 2
        return value
