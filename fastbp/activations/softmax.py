"""Softmax, which makes probabilities of a row of logits."""

from __future__ import annotations

import numpy as np

from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels import codes


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j), for the output layer alone; d a_k / d z_j = a_k ([k = j] - a_j)."""

    name = "softmax"
    code = codes.SOFTMAX
    output_only = True

    def reference(self, z: Array) -> Array:
        """The formula, with the largest logit taken from all, which changes nothing."""
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p: Array = e / e.sum(axis=1, keepdims=True)
        return p

    def reference_derivative(self, z: Array) -> Array:
        """The matrix of each row."""
        return np.stack([np.diag(row) - np.outer(row, row) for row in self.reference(z)])
