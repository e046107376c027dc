"""Activations that are exponentials below 0, or all along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.activations.smooth import Sigmoid
from fastbp.kernels import codes


@dataclass(frozen=True)
class ELU(Activation):
    """a = z for z > 0, alpha (exp(z) - 1) below; a' = 1, or a + alpha (D.-A. Clevert et al., ICLR 2016).

    Parameters
    ----------
    alpha : float, default 1
        Minus the value far below 0; positive.
    """

    name = "elu"
    code = codes.ELU
    initializer = "he_uniform"
    kinks: ClassVar = (0.0,)

    alpha: float = 1.0

    def __post_init__(self) -> None:
        real(self.alpha, "alpha", exclusive=True)

    @classmethod
    def cases(cls) -> list[Self]:
        """The default, and one with a kink."""
        return [cls(), cls(0.4)]

    def reference(self, z: Array) -> Array:
        """The formula."""
        return np.where(z > 0, z, self.alpha * np.expm1(np.minimum(z, 0)))

    def reference_derivative(self, z: Array) -> Array:
        """Alpha at 0."""
        return np.where(z > 0, 1.0, self.alpha * np.exp(np.minimum(z, 0)))


@dataclass(frozen=True)
class CELU(Activation):
    """a = z for z > 0, alpha (exp(z / alpha) - 1) below; a' = 1, or a / alpha + 1 (J. T. Barron, arXiv:1704.07483).

    Parameters
    ----------
    alpha : float, default 1
        Minus the value far below 0; positive.
    """

    name = "celu"
    code = codes.CELU
    initializer = "he_uniform"

    alpha: float = 1.0

    def __post_init__(self) -> None:
        real(self.alpha, "alpha", exclusive=True)

    @classmethod
    def cases(cls) -> list[Self]:
        """One that elu is not: its default is the same."""
        return [cls(1.7)]

    def reference(self, z: Array) -> Array:
        """The formula."""
        return np.where(z > 0, z, self.alpha * np.expm1(np.minimum(z, 0) / self.alpha))

    def reference_derivative(self, z: Array) -> Array:
        """Without a kink."""
        value: Array = np.exp(np.minimum(z, 0) / self.alpha)
        return value


class SELU(Activation):
    """a = scale z for z > 0, scale alpha (exp(z) - 1) below, with scale 1.0507 and alpha 1.6733 (G. Klambauer et al., NeurIPS 2017).

    In deep nets initialised by ``init="lecun_normal"``, which ``"auto"`` stands for here, units stay near mean 0 and variance 1.
    """

    name = "selu"
    code = codes.SELU
    initializer = "lecun_normal"
    kinks = (0.0,)
    _SCALE, _ALPHA = 1.0507009873554804934, 1.6732632423543772848

    def reference(self, z: Array) -> Array:
        """The formula."""
        value: Array = self._SCALE * np.where(z > 0, z, self._ALPHA * np.expm1(np.minimum(z, 0)))
        return value

    def reference_derivative(self, z: Array) -> Array:
        """The lower side at 0."""
        value: Array = self._SCALE * np.where(z > 0, 1.0, self._ALPHA * np.exp(np.minimum(z, 0)))
        return value


@dataclass(frozen=True)
class Softplus(Activation):
    """a = log(1 + exp(beta z)) / beta, a smooth relu; a' = 1 - exp(-beta a), the logistic function of beta z (C. Dugas et al., 2001).

    Parameters
    ----------
    beta : float, default 1
        How sharply it bends at 0; positive.
    """

    name = "softplus"
    code = codes.SOFTPLUS
    initializer = "he_uniform"

    beta: float = 1.0

    def __post_init__(self) -> None:
        real(self.beta, "beta", exclusive=True)

    @classmethod
    def cases(cls) -> list[Self]:
        """The default, and another."""
        return [cls(), cls(2.5)]

    def reference(self, z: Array) -> Array:
        """The formula, which NumPy has."""
        value: Array = np.logaddexp(0, self.beta * z) / self.beta
        return value

    def reference_derivative(self, z: Array) -> Array:
        """By z."""
        return Sigmoid().reference(self.beta * z)


class Exponential(Activation):
    """a = exp(z), for outputs that are positive, above all; a' = a. Infinite beyond z = 88.7 (float64: 709.7)."""

    name = "exponential"
    code = codes.EXPONENTIAL
    steep = True

    def reference(self, z: Array) -> Array:
        """The formula."""
        with np.errstate(over="ignore"):
            value: Array = np.exp(z)
        return value

    def reference_derivative(self, z: Array) -> Array:
        """The same."""
        return self.reference(z)
