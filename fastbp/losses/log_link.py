"""Losses of targets that are counts or positive amounts, whose mean is the exponential of the logit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fastbp._typing import Array, DType
from fastbp.activations import Activation
from fastbp.activations.exponential import Exponential
from fastbp.data.validation import check_range, largest
from fastbp.kernels import codes
from fastbp.losses.base import Loss, rows_of_outputs


class _LogLink(Loss):
    """Predictions are means, exp(z); with ``output_activation="identity"`` their logarithms, and the loss is the same."""

    output_activation = Exponential
    allowed = ("exponential", "identity")
    #: The least target.
    least: ClassVar[float] = 0.0

    def check_targets(self, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Real targets that are not too small."""
        targets = rows_of_outputs(self.name, y, rows, n_outputs)
        least = self.least and float(np.finfo(dtype).tiny)
        check_range(targets, "y", least, largest(dtype), f"targets of {self.name}")
        return targets

    def target_range(self, own: DType, shape: tuple[int, ...], n_outputs: int, dtype: DType) -> tuple[float, float] | None:
        """All is to be checked."""
        return None


class Poisson(_LogLink):
    """mean over rows and outputs of exp(z) - t z, for counts t: the negative log-likelihood but for log(t!), which no weight changes.

    Targets are not negative, of shape (n, n_outputs), or (n,) when there is one output. Predictions are means, exp(z) (P. McCullagh,
    J. A. Nelder, *Generalized Linear Models*, 1989, chapter 6).
    """

    name = "poisson"
    code = codes.POISSON

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula."""
        mean = Exponential().reference(z)
        return mean - targets * z, (mean - targets) / z.shape[1]

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """Counts."""
        return random.poisson(2.0, (rows, columns)).astype(float)


class Gamma(_LogLink):
    """mean over rows and outputs of t exp(-z) + z, for positive amounts t: the negative log-likelihood of a fixed shape, up to constants.

    Targets are positive, of shape (n, n_outputs), or (n,) when there is one output. Predictions are means, exp(z) (P. McCullagh,
    J. A. Nelder, *Generalized Linear Models*, 1989, chapter 8).
    """

    name = "gamma"
    code = codes.GAMMA
    least = 1.0

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula."""
        ratio = targets * Exponential().reference(-z)
        return ratio + z, (1 - ratio) / z.shape[1]

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """Amounts."""
        return random.gamma(2.0, 1.0, (rows, columns)) + 0.1
