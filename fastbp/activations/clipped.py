"""Activations that end at a bound: relu6, hard sigmoid, hard tanh, softsign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels import codes


class ReLU6(Activation):
    """a = min(max(z, 0), 6); a' = 1 inside, else 0 (A. Krizhevsky, *Convolutional Deep Belief Networks on CIFAR-10*, 2010)."""

    name = "relu6"
    code = codes.RELU6
    initializer = "he_uniform"
    kinks = (0.0, 6.0)

    def reference(self, z: Array) -> Array:
        """The formula."""
        return np.clip(z, 0.0, 6.0)

    def reference_derivative(self, z: Array) -> Array:
        """0 at the kinks."""
        return np.where((z > 0) & (z < 6), 1.0, 0.0)


class HardSigmoid(Activation):
    """a = min(max(z / 6 + 1/2, 0), 1), a line in place of the logistic function; a' = 1/6 inside, else 0."""

    name = "hard_sigmoid"
    code = codes.HARD_SIGMOID
    kinks = (-3.0, 3.0)

    def reference(self, z: Array) -> Array:
        """The formula."""
        return np.clip((z + 3) / 6, 0.0, 1.0)

    def reference_derivative(self, z: Array) -> Array:
        """0 at the kinks."""
        return np.where((z > -3) & (z < 3), 1 / 6, 0.0)


@dataclass(frozen=True)
class HardTanh(Activation):
    """a = min(max(z, min_value), max_value); a' = 1 inside, else 0 (R. Collobert, 2004).

    Parameters
    ----------
    min_value, max_value : float, default -1 and 1
        The first less than the second.
    """

    name = "hard_tanh"
    code = codes.HARD_TANH

    min_value: float = -1.0
    max_value: float = 1.0

    def __post_init__(self) -> None:
        real(self.min_value, "min_value", least=-np.inf)
        real(self.max_value, "max_value", least=-np.inf)
        if self.min_value >= self.max_value:
            raise ValueError(f"min_value is {self.min_value} and max_value {self.max_value}; expected the first to be less")

    @property
    def kinks(self) -> tuple[float, ...]:  # type: ignore[override]  # they depend on the settings here
        """Both bounds."""
        return self.min_value, self.max_value

    @classmethod
    def cases(cls) -> list[Self]:
        """The default bounds, and others."""
        return [cls(), cls(-0.7, 2.0)]

    def reference(self, z: Array) -> Array:
        """The formula."""
        return np.clip(z, self.min_value, self.max_value)

    def reference_derivative(self, z: Array) -> Array:
        """0 at the kinks."""
        return np.where((z > self.min_value) & (z < self.max_value), 1.0, 0.0)


class Softsign(Activation):
    """a = z / (1 + |z|); a' = (1 - |a|)**2 (J. Bergstra et al., 2009)."""

    name = "softsign"
    code = codes.SOFTSIGN

    def reference(self, z: Array) -> Array:
        """The formula."""
        value: Array = z / (1 + np.abs(z))
        return value

    def reference_derivative(self, z: Array) -> Array:
        """The same by z, without cancellation."""
        value: Array = 1 / (1 + np.abs(z)) ** 2
        return value
