"""The losses of scikit-learn's networks, as the kernels compute them."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array, DType
from fastbp.kernels import codes
from fastbp.kernels.arguments import Objective
from fastbp.losses import BinaryCrossEntropy, CrossEntropy, Loss, Poisson, SquaredError


def _with(objective: Objective, setting: float) -> Objective:
    """The same with another first setting."""
    settings = objective.settings.copy()
    settings[0] = setting
    return objective._replace(settings=settings)


class ClippedCrossEntropy(CrossEntropy):
    """Cross-entropy of labels with probabilities cut off at the rounding error of their type."""

    code = codes.CLIPPED_CROSS_ENTROPY

    def objective(self, dtype: DType, *, masked: bool = False) -> Objective:
        """With the rounding error."""
        return _with(super().objective(dtype, masked=masked), float(np.finfo(dtype).eps))


class ClippedBinaryCrossEntropy(BinaryCrossEntropy):
    """The same of yes-or-no outputs."""

    code = codes.CLIPPED_BINARY_CROSS_ENTROPY

    def objective(self, dtype: DType, *, masked: bool = False) -> Objective:
        """With the rounding error."""
        return _with(super().objective(dtype, masked=masked), float(np.finfo(dtype).eps))


class HalfSquaredError(SquaredError):
    """Half the mean over outputs of the squares, with the gradients of half their sum."""

    code = codes.HALF_SQUARED_ERROR

    n_outputs: int

    def __init__(self, n_outputs: int = 1) -> None:
        vars(self)["n_outputs"] = n_outputs

    def objective(self, dtype: DType, *, masked: bool = False) -> Objective:
        """With the number of outputs."""
        return _with(super().objective(dtype, masked=masked), self.n_outputs)


class Criterion:
    """What an estimator minimises, by its output activation.

    Attributes
    ----------
    name, output : str
        fastbp's names of the loss and of the output activation.
    loss : Loss
    factor : float
        What the loss counts: fastbp's are means over outputs, most of scikit-learn's are sums.
    """

    def __init__(self, out_activation: str, n_outputs: int) -> None:
        kinds: dict[str, tuple[str, Loss, int]] = {
            "softmax": ("softmax", ClippedCrossEntropy(), 1),
            "logistic": ("sigmoid", ClippedBinaryCrossEntropy(), n_outputs),
            "identity": ("identity", HalfSquaredError(n_outputs), 1),
            "exp": ("exponential", Poisson(), n_outputs),
        }
        self.output, self.loss, self.factor = kinds[out_activation]
        self.name = self.loss.name

    def targets(self, y: Array) -> Array:
        """Targets (n, n_outputs) as the loss reads them: of classes the number in place of its column."""
        return y.argmax(axis=1)[:, np.newaxis] if self.output == "softmax" else y

    def constants(self, y: Array) -> Array | None:
        """What the loss of each row has beside fastbp's, whatever is predicted."""
        if self.output != "exponential":
            return None
        t = y.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Array = (np.where(t == 0, 0.0, t * np.log(t)) - t).sum(axis=1)
        return found
