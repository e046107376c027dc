"""Losses of classes: one of several, or yes or no for each output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from fastbp._names import counted, real
from fastbp._typing import Array, DType
from fastbp.activations import Activation, Sigmoid, Softmax
from fastbp.data.validation import check_range, numeric
from fastbp.kernels import codes
from fastbp.losses.base import ENCODE, Loss, check_factors, factors_of_outputs, rows_of_outputs, same_rows


class OneOfSeveral(Loss):
    """Base of losses of classes that exclude each other, an output for each."""

    output_activation = Softmax
    allowed = ("softmax", "identity")
    accuracy = codes.LARGEST
    elementwise = False

    def check_output(self, activation: Activation, n_outputs: int) -> None:
        """At least two classes."""
        super().check_output(activation, n_outputs)
        if n_outputs < 2:
            raise ValueError(f"loss={self.name!r} needs at least 2 outputs, one a class; for one output use loss={self._of_one!r}")

    #: What is said to those who have one output.
    _of_one: ClassVar[str] = "binary_cross_entropy"

    def check_targets(self, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Labels or probabilities."""
        targets = numeric(y, "y", ENCODE)
        if targets.ndim == 2 and targets.shape[1] == 1:
            targets = targets[:, 0]
        if targets.ndim == 1:
            same_rows(targets, rows)
            return _labels(targets, n_outputs)
        if targets.ndim != 2 or targets.shape[1] != n_outputs:
            raise ValueError(
                f"y has shape {targets.shape}; loss={self.name!r} expects integer labels (n,) or probabilities (n, {n_outputs}), "
                "a column for each output"
            )
        same_rows(targets, rows)
        check_range(targets, "y", 0, 1, "probabilities")
        sums = targets.sum(axis=1, dtype=np.float64)
        wrong = np.flatnonzero(np.abs(sums - 1) > 1e-3)
        if wrong.size:
            raise ValueError(f"y[{wrong[0]}] sums to {sums[wrong[0]]:g}; rows of probabilities sum to 1")
        return targets

    def target_range(self, own: DType, shape: tuple[int, ...], n_outputs: int, dtype: DType) -> tuple[float, float] | None:
        """Of labels."""
        return (0, n_outputs - 1) if own == np.int64 and shape == () else None

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """Rows of probabilities."""
        uniform = random.uniform(0.05, 0.95, (rows, columns))
        probabilities: Array = uniform / uniform.sum(axis=1, keepdims=True)
        return probabilities

    @staticmethod
    def reference_surprise(z: Array) -> Array:
        """-log softmax(z), with the largest logit taken from all, which changes nothing."""
        highest = z.max(axis=1, keepdims=True)
        surprise: Array = highest - z + np.log(np.exp(z - highest).sum(axis=1, keepdims=True))
        return surprise


class CrossEntropy(OneOfSeveral):
    """mean over rows of -sum_k t_k log p_k, p = softmax(z) (C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3).

    Targets are integer labels 0 to n_outputs - 1 of shape (n,) or (n, 1), or rows of probabilities
    (n, n_outputs). With ``output_activation="identity"`` the loss is the same and the model predicts logits.

    Parameters
    ----------
    label_smoothing : float in [0, 1), default 0
        Share of each target that is spread over all classes: t becomes ``(1 - s) t + s / n_outputs`` (C. Szegedy et al., CVPR 2016).
    """

    name = "cross_entropy"

    label_smoothing: float

    def __init__(self, label_smoothing: float = 0.0) -> None:
        vars(self)["label_smoothing"] = real(label_smoothing, "label_smoothing", below=1)

    @property
    def code(self) -> int:  # type: ignore[override]  # without smoothing it is in every kernel
        """Another one with smoothing."""
        return codes.SMOOTHED_CROSS_ENTROPY if self.label_smoothing else codes.CROSS_ENTROPY

    @classmethod
    def cases(cls) -> list[Self]:
        """Without smoothing, and with it."""
        return [cls(), cls(0.2)]

    def reference(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula."""
        targets = (1 - self.label_smoothing) * targets + self.label_smoothing / z.shape[1]
        return (targets * self.reference_surprise(z)).sum(axis=1), targets.sum(axis=1, keepdims=True) * Softmax().reference(z) - targets


class BinaryCrossEntropy(Loss):
    """mean over rows and outputs of -(t log p + (1 - t) log(1 - p)), p = sigmoid(z): one or many independent yes-or-no outputs.

    Targets lie in [0, 1] and have shape (n, n_outputs), or (n,) when there is one output. With ``output_activation="identity"`` the loss
    is the same and the model predicts logits (C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3).

    Parameters
    ----------
    label_smoothing : float in [0, 1), default 0
        t becomes ``(1 - s) t + s / 2``.
    pos_weight : float or sequence of them, default 1
        Factor of t log p, for all outputs or one for each: above 1 where the yeses are few. Positive.
    """

    name = "binary_cross_entropy"
    output_activation = Sigmoid
    allowed = ("sigmoid", "identity")
    accuracy = codes.SIDES

    label_smoothing: float
    pos_weight: tuple[float, ...]

    def __init__(self, label_smoothing: float = 0.0, pos_weight: float | Sequence[float] = 1.0) -> None:
        smoothing = real(label_smoothing, "label_smoothing", below=1)
        vars(self).update(label_smoothing=smoothing, pos_weight=factors_of_outputs(pos_weight, "pos_weight"))

    @property
    def code(self) -> int:  # type: ignore[override]  # without settings it is in every kernel
        """Another one with settings."""
        return codes.BINARY_CROSS_ENTROPY if self == BinaryCrossEntropy() else codes.WEIGHTED_BINARY_CROSS_ENTROPY

    @property
    def numbers(self) -> list[float]:
        """The smoothing, how many weights, the weights."""
        return [self.label_smoothing, len(self.pos_weight), *self.pos_weight]

    def check_output(self, activation: Activation, n_outputs: int) -> None:
        """As many weights as outputs, or one."""
        super().check_output(activation, n_outputs)
        check_factors(self.pos_weight, "pos_weight", n_outputs)

    @classmethod
    def cases(cls) -> list[Self]:
        """Without settings, and with both."""
        return [cls(), cls(0.1, 3.0)]

    def check_targets(self, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Targets in [0, 1]."""
        targets = rows_of_outputs(self.name, y, rows, n_outputs, ENCODE)
        check_range(targets, "y", 0, 1, "targets of binary_cross_entropy")
        return targets

    def target_range(self, own: DType, shape: tuple[int, ...], n_outputs: int, dtype: DType) -> tuple[float, float] | None:
        """Probabilities."""
        return None if super().target_range(own, shape, n_outputs, dtype) is None else (0, 1)

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula, with -log sigmoid(z) = log(1 + exp(-z)) and -log(1 - sigmoid(z)) = log(1 + exp(z))."""
        t, weight = (1 - self.label_smoothing) * targets + self.label_smoothing / 2, np.array(self.pos_weight)
        values = weight * t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)
        slopes = (1 - t) * Sigmoid().reference(z) - weight * t * Sigmoid().reference(-z)
        return values, slopes / z.shape[1]

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """Probabilities."""
        return random.uniform(0.05, 0.95, (rows, columns))


def _labels(labels: Array, n_outputs: int) -> Array:
    check_range(labels, "y", 0, n_outputs - 1, f"class labels of {counted(n_outputs, 'output')}")
    if labels.dtype.kind == "f":
        wrong = np.flatnonzero(labels != np.floor(labels))
        if wrong.size:
            raise ValueError(f"y[{wrong[0]}] is {labels[wrong[0]]}; class labels are integers 0 to {n_outputs - 1}")
    return labels[:, np.newaxis]
