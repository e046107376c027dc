"""Leaky relu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels import codes


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """a = z for z > 0, negative_slope z below; a' = 1 or negative_slope (A. Maas, A. Hannun, A. Ng, ICML 2013).

    Parameters
    ----------
    negative_slope : float, default 0.01
        Not negative: the derivative is read from the sign of the output.
    """

    name = "leaky_relu"
    code = codes.LEAKY_RELU
    initializer = "he_uniform"
    kinks: ClassVar = (0.0,)

    negative_slope: float = 0.01

    def __post_init__(self) -> None:
        real(self.negative_slope, "negative_slope")

    @classmethod
    def cases(cls) -> list[Self]:
        """The default slope, and one that counts."""
        return [cls(), cls(0.3)]

    def reference(self, z: Array) -> Array:
        """The formula."""
        return np.where(z > 0, z, self.negative_slope * z)

    def reference_derivative(self, z: Array) -> Array:
        """The slope at the kink."""
        return np.where(z > 0, 1.0, self.negative_slope)
