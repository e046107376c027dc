"""Focal loss of classes that exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array, DType
from fastbp.activations import Activation, Softmax
from fastbp.kernels import codes
from fastbp.losses.base import check_factors, factors_of_outputs
from fastbp.losses.classification import OneOfSeveral


class CategoricalFocal(OneOfSeveral):
    """mean over rows of -sum_k t_k a_k (1 - p_k)**gamma log p_k, p = softmax(z) (T.-Y. Lin et al., ICCV 2017).

    Cross-entropy with less of what the model is already sure of, for classes of which some are rare. Targets are those of `CrossEntropy`.
    With ``output_activation="identity"`` the loss is the same and the model predicts logits.

    Parameters
    ----------
    gamma : float, default 2
        How much less; 0 is cross-entropy.
    alpha : float or sequence of float, default 1
        The factors a, for all classes or one for each. Positive.
    """

    name = "categorical_focal"
    code = codes.CATEGORICAL_FOCAL
    _of_one = "focal"

    gamma: float
    alpha: tuple[float, ...]

    def __init__(self, gamma: float = 2.0, alpha: float | Sequence[float] = 1.0) -> None:
        vars(self).update(gamma=real(gamma, "gamma"), alpha=factors_of_outputs(alpha, "alpha"))

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others."""
        return [cls(), cls(0.7, 0.3)]

    @property
    def numbers(self) -> list[float]:
        """The exponent, how many factors, the factors."""
        return [self.gamma, len(self.alpha), *self.alpha]

    def check_range(self, dtype: DType) -> None:
        """The settings are small."""

    def check_output(self, activation: Activation, n_outputs: int) -> None:
        """As many factors as classes, or one."""
        super().check_output(activation, n_outputs)
        check_factors(self.alpha, "alpha", n_outputs)

    def reference(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula; its derivatives by the p are taken through the softmax."""
        p, surprise = Softmax().reference(z), self.reference_surprise(z)
        # 1 - p of a p near 1 by what the others have.
        rest = np.maximum(p @ (1 - np.eye(z.shape[1])), np.finfo(float).tiny)
        factor = np.array(self.alpha) * targets * rest**self.gamma
        pull = -factor * (1 + self.gamma * p * surprise / rest)
        return (factor * surprise).sum(axis=1), pull - p * pull.sum(axis=1, keepdims=True)
