"""Binary cross-entropy: yes or no, for each output."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array, DType
from fastbp.activations import Activation, Sigmoid
from fastbp.data.validation import check_range
from fastbp.kernels import codes
from fastbp.losses.base import Loss, rows_of_outputs


class BinaryCrossEntropy(Loss):
    """mean over rows and outputs of -(t log p + (1 - t) log(1 - p)), p = sigmoid(z): one or many independent yes-or-no outputs.

    Targets lie in [0, 1] and have shape (n, n_outputs), or (n,) when there is one output. With ``output_activation="identity"`` the loss
    is the same and the model predicts logits (C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3).
    """

    name = "binary_cross_entropy"
    code = codes.BINARY_CROSS_ENTROPY
    output_activation = Sigmoid
    allowed = ("sigmoid", "identity")
    has_accuracy = True

    def check_targets(self, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Targets in [0, 1]."""
        targets = rows_of_outputs(self.name, y, rows, n_outputs)
        check_range(targets, "y", 0, 1, "targets of binary_cross_entropy")
        return targets

    def reference(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula, with -log sigmoid(z) = log(1 + exp(-z)) and -log(1 - sigmoid(z)) = log(1 + exp(z))."""
        values = targets * np.logaddexp(0, -z) + (1 - targets) * np.logaddexp(0, z)
        return values.mean(axis=1), (Sigmoid().reference(z) - targets) / z.shape[1]

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """Probabilities."""
        return random.uniform(0.05, 0.95, (rows, columns))
