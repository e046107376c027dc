"""Activations that are z times a gate between 0 and 1."""

from __future__ import annotations

import math

import numpy as np

from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.activations.smooth import Sigmoid
from fastbp.kernels import codes


class GELU(Activation):
    """a = z Phi(z), Phi the normal distribution; a' = Phi(z) + z phi(z) (D. Hendrycks, K. Gimpel, arXiv:1606.08415)."""

    name = "gelu"
    code = codes.GELU
    initializer = "he_uniform"
    needs_z = True

    def reference(self, z: Array) -> Array:
        """The formula."""
        return z * _normal(z)

    def reference_derivative(self, z: Array) -> Array:
        """By z."""
        with np.errstate(over="ignore"):
            value: Array = _normal(z) + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return value


class GELUTanh(Activation):
    """a = z / 2 (1 + tanh(u)) with u = sqrt(2 / pi) (z + 0.044715 z**3), near gelu (the same paper).

    PyTorch and Keras call it gelu with ``approximate="tanh"`` and ``approximate=True``.
    """

    name = "gelu_tanh"
    code = codes.GELU_TANH
    initializer = "he_uniform"
    needs_z = True

    def reference(self, z: Array) -> Array:
        """(1 + tanh(u)) / 2 is the logistic function of 2 u, without cancellation."""
        return z * Sigmoid().reference(2 * _inner(z))

    def reference_derivative(self, z: Array) -> Array:
        """By z, which is taken from a bounded range where the gate is 0 or 1."""
        z = np.clip(z, -1e3, 1e3)
        inner = 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
        return Sigmoid().reference(2 * _inner(z)) + z * Sigmoid().reference_derivative(2 * _inner(z)) * inner


class SiLU(Activation):
    """a = z / (1 + exp(-z)), also called swish; a' = s (1 + z (1 - s)), s the logistic function (S. Elfwing et al., 2018)."""

    name = "silu"
    code = codes.SILU
    initializer = "he_uniform"
    needs_z = True

    def reference(self, z: Array) -> Array:
        """The formula."""
        return z * Sigmoid().reference(z)

    def reference_derivative(self, z: Array) -> Array:
        """By z."""
        value: Array = Sigmoid().reference(z) * (1 + z * Sigmoid().reference(-z))
        return value


class Mish(Activation):
    """a = z tanh(log(1 + exp(z))); a' = t + z (1 - t**2) s, t the tanh, s the logistic function of z (D. Misra, BMVC 2020)."""

    name = "mish"
    code = codes.MISH
    initializer = "he_uniform"
    needs_z = True

    def reference(self, z: Array) -> Array:
        """The formula."""
        value: Array = z * np.tanh(np.logaddexp(0, z))
        return value

    def reference_derivative(self, z: Array) -> Array:
        """By z; 1 - t**2 is 1 / cosh**2, without cancellation."""
        softplus = np.logaddexp(0, z)
        with np.errstate(over="ignore"):
            value: Array = np.tanh(softplus) + z / np.cosh(softplus) ** 2 * Sigmoid().reference(z)
        return value


class HardSwish(Activation):
    """a = z min(max(z / 6 + 1/2, 0), 1); a' = 0 for z < -3, 1 for z > 3, z / 3 + 1/2 between (A. Howard et al., ICCV 2019)."""

    name = "hard_swish"
    code = codes.HARD_SWISH
    initializer = "he_uniform"
    needs_z = True
    kinks = (-3.0, 3.0)

    def reference(self, z: Array) -> Array:
        """The formula."""
        return z * np.clip((z + 3) / 6, 0.0, 1.0)

    def reference_derivative(self, z: Array) -> Array:
        """The inner side at the kinks."""
        return np.where(z < -3, 0.0, np.where(z > 3, 1.0, z / 3 + 0.5))


def _normal(z: Array) -> Array:
    """The normal distribution, by the complementary error function, which keeps the digits far below 0."""
    return np.array([math.erfc(-each / math.sqrt(2)) / 2 for each in np.ravel(z)]).reshape(np.shape(z))


def _inner(z: Array) -> Array:
    value: Array = math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
    return value
