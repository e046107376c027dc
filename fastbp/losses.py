"""Loss functions a user may name, and the one table of them: targets they take, output activations they go with, formula.

To add one: a class here, a code and its branch in ``kernels/loss.py``, a line in ``verification/reference.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from fastbp._names import lookup
from fastbp._typing import Array, DType
from fastbp.activations import ACTIVATIONS, Activation, Identity, Sigmoid, Softmax
from fastbp.data.validation import check_range, numeric, real_range
from fastbp.kernels import codes


class Loss(ABC):
    """Base of the losses: what the trainer needs to know of one. Every loss is the mean over the rows of the batch, weighted if asked."""

    name: ClassVar[str]
    code: ClassVar[int]
    #: Output activation that ``output_activation="auto"`` stands for.
    output_activation: ClassVar[type[Activation]]
    #: Names of the output activations it may follow.
    allowed: ClassVar[tuple[str, ...]]
    has_accuracy: ClassVar[bool] = True

    @classmethod
    def check_output(cls, activation: Activation, n_outputs: int) -> None:
        """Raise ValueError when the output layer does not suit the loss."""
        if activation.name not in cls.allowed:
            raise ValueError(f"loss={cls.name!r} goes with output_activation {' or '.join(cls.allowed)}; the model has {activation.name}")

    @classmethod
    @abstractmethod
    def check_targets(cls, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """`y` as a numeric array with a row per sample, or a ValueError or TypeError that says what is wrong with it."""


def _rows_of_outputs(name: str, y: object, rows: int, n_outputs: int) -> Array:
    targets = numeric(y, "y")
    if targets.ndim == 1 and n_outputs == 1:
        targets = targets[:, np.newaxis]
    if targets.ndim != 2 or targets.shape[1] != n_outputs:
        expected = f"(n,) or (n, {n_outputs})" if n_outputs == 1 else f"(n, {n_outputs})"
        raise ValueError(f"y has shape {targets.shape}; loss={name!r} with {n_outputs} outputs expects {expected}")
    _same_rows(targets, rows)
    return targets


def _same_rows(targets: Array, rows: int) -> None:
    if targets.shape[0] != rows:
        raise ValueError(f"X has {rows} rows and y has {targets.shape[0]}; expected as many")


class SquaredError(Loss):
    """mean over rows and outputs of (prediction - target)**2, without a factor of one half.

    Targets are real, of shape (n, n_outputs), or (n,) when there is one output. Any output activation; ``"auto"`` is identity.
    """

    name = "squared_error"
    code = codes.SQUARED_ERROR
    output_activation = Identity
    allowed = tuple(ACTIVATIONS)
    has_accuracy = False

    @classmethod
    def check_targets(cls, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Real targets."""
        targets = _rows_of_outputs(cls.name, y, rows, n_outputs)
        real_range(targets, "y", dtype)
        return targets


class CrossEntropy(Loss):
    """mean over rows of -sum_k t_k log p_k, p = softmax(z).

    Targets are integer labels 0 to n_outputs - 1 of shape (n,), or rows of probabilities (n, n_outputs). With
    ``output_activation="identity"`` the loss is the same and the model predicts logits.
    """

    name = "cross_entropy"
    code = codes.CROSS_ENTROPY
    output_activation = Softmax
    allowed = ("softmax", "identity")

    @classmethod
    def check_output(cls, activation: Activation, n_outputs: int) -> None:
        """At least two classes."""
        super().check_output(activation, n_outputs)
        if n_outputs < 2:
            raise ValueError("loss='cross_entropy' needs at least 2 outputs, one a class; for one output use loss='binary_cross_entropy'")

    @classmethod
    def check_targets(cls, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Labels or probabilities."""
        targets = numeric(y, "y")
        if targets.ndim == 1:
            _same_rows(targets, rows)
            return _labels(targets, n_outputs)
        if targets.ndim != 2 or targets.shape[1] != n_outputs:
            raise ValueError(
                f"y has shape {targets.shape}; loss='cross_entropy' expects integer labels (n,) or probabilities (n, {n_outputs}), "
                "a column for each output"
            )
        _same_rows(targets, rows)
        check_range(targets, "y", 0, 1, "probabilities")
        sums = targets.sum(axis=1, dtype=np.float64)
        wrong = np.flatnonzero(np.abs(sums - 1) > 1e-3)
        if wrong.size:
            raise ValueError(f"y[{wrong[0]}] sums to {sums[wrong[0]]:g}; rows of probabilities sum to 1")
        return targets


def _labels(labels: Array, n_outputs: int) -> Array:
    check_range(labels, "y", 0, n_outputs - 1, f"class labels of {n_outputs} outputs")
    if labels.dtype.kind == "f":
        wrong = np.flatnonzero(labels != np.floor(labels))
        if wrong.size:
            raise ValueError(f"y[{wrong[0]}] is {labels[wrong[0]]}; class labels are integers 0 to {n_outputs - 1}")
    return labels[:, np.newaxis]


class BinaryCrossEntropy(Loss):
    """mean over rows and outputs of -(t log p + (1 - t) log(1 - p)), p = sigmoid(z): one or many independent yes-or-no outputs.

    Targets lie in [0, 1] and have shape (n, n_outputs), or (n,) when there is one output. With ``output_activation="identity"`` the loss
    is the same and the model predicts logits.
    """

    name = "binary_cross_entropy"
    code = codes.BINARY_CROSS_ENTROPY
    output_activation = Sigmoid
    allowed = ("sigmoid", "identity")

    @classmethod
    def check_targets(cls, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Targets in [0, 1]."""
        targets = _rows_of_outputs(cls.name, y, rows, n_outputs)
        check_range(targets, "y", 0, 1, "targets of binary_cross_entropy")
        return targets


LOSSES: dict[str, type[Loss]] = {cls.name: cls for cls in (SquaredError, CrossEntropy, BinaryCrossEntropy)}


def as_loss(given: object) -> type[Loss]:
    """The loss of that name."""
    return lookup(given, LOSSES, "loss")
