"""Normalisation of the logits of hidden layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fastbp._names import real
from fastbp._specification import Specification
from fastbp._typing import Array
from fastbp.kernels import codes


class Normalization(Specification):
    """Base of the normalisations: a code, settings, and a reference implementation to check the kernels by."""

    #: Over what means and variances are taken: rows (0) or units (1).
    axis: ClassVar[int]
    epsilon: float

    @property
    def for_kernels(self) -> tuple[float, float]:
        """Epsilon, and the share of the way that averages go at a step."""
        return self.epsilon, vars(self).get("momentum", 0.0)

    def normalized(self, z: Array) -> Array:
        """X = (z - mean) / sqrt(variance + epsilon), in float64."""
        mean, variance = z.mean(self.axis, keepdims=True), z.var(self.axis, keepdims=True)
        return np.asarray((z - mean) / np.sqrt(variance + self.epsilon))

    def reference(self, z: Array, scale: Array, shift: Array) -> Array:
        """Y = scale x + shift."""
        return scale * self.normalized(z) + shift

    def reference_backward(self, z: Array, scale: Array, errors: Array) -> tuple[Array, Array, Array]:
        """dL/dz, and the gradients of scale and shift, from `errors`, dL/dy, by the chain rule through mean and variance."""
        x, along = self.normalized(z), errors * scale
        n = z.shape[self.axis]
        deviation = np.sqrt(z.var(self.axis, keepdims=True) + self.epsilon)
        centred = along - along.mean(self.axis, keepdims=True) - x * (along * x).sum(self.axis, keepdims=True) / n
        return centred / deviation, (errors * x).sum(0), errors.sum(0)


@dataclass(frozen=True)
class BatchNorm(Normalization):
    """Over the rows of a batch, or of a shard (S. Ioffe, C. Szegedy, ICML 2015); predictions use averages over the steps.

    Parameters
    ----------
    momentum : float, default 0.1
        ``average += momentum * (batch - average)`` at each step, for means and for variances (of a sample: over n - 1), as in PyTorch.
        Keras calls 1 minus it momentum.
    epsilon : float, default 1e-5
        Added to variances.
    """

    name = "batch"
    code = codes.BATCH_NORM
    axis = 0

    momentum: float = 0.1
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        real(self.momentum, "momentum", below=1.0)
        real(self.epsilon, "epsilon", exclusive=True)

    def reference_prediction(self, z: Array, scale: Array, shift: Array, averages: Any) -> Array:
        """Y by the averages (means, variances)."""
        means, variances = averages
        return np.asarray(scale * (z - means) / np.sqrt(variances + self.epsilon) + shift)

    def reference_averages(self, z: Array, means: Array, variances: Array) -> tuple[Array, Array]:
        """The averages after a step on logits z."""
        ddof = 1 if len(z) > 1 else 0
        return means + self.momentum * (z.mean(0) - means), variances + self.momentum * (z.var(0, ddof=ddof) - variances)


@dataclass(frozen=True)
class LayerNorm(Normalization):
    """Over the units of the layer (J. L. Ba, J. R. Kiros, G. E. Hinton, 2016), in training and in predictions alike.

    Parameters
    ----------
    epsilon : float, default 1e-5
        Added to variances.
    """

    name = "layer"
    code = codes.LAYER_NORM
    axis = 1

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        real(self.epsilon, "epsilon", exclusive=True)
