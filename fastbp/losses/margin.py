"""Losses of yes or no that ask for a margin, or for more of what is hard."""

from __future__ import annotations

from typing import Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array, DType
from fastbp.activations import Activation, Sigmoid
from fastbp.data.validation import check_range
from fastbp.kernels import codes
from fastbp.losses.base import ENCODE, Loss, rows_of_outputs


class _YesOrNo(Loss):
    """Targets are 0 and 1, or -1 and 1."""

    accuracy = codes.SIDES
    takes_shares = False

    def check_targets(self, y: object, rows: int, n_outputs: int, dtype: DType) -> Array:
        """Two numbers, one of them 1."""
        targets = rows_of_outputs(self.name, y, rows, n_outputs, ENCODE)
        check_range(targets, "y", -1, 1, f"targets of {self.name}, 0 and 1 or -1 and 1,")
        wrong = (targets != 1) & (targets != (-1 if targets.min() < 0 else 0))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(f"y[{row}, {column}] is {targets[row, column]}; targets of {self.name} are 0 and 1, or -1 and 1")
        return targets

    def target_range(self, own: DType, shape: tuple[int, ...], n_outputs: int, dtype: DType) -> tuple[float, float] | None:
        """More than a range is to be checked."""
        return None

    def reference_targets(self, random: np.random.Generator, rows: int, columns: int) -> Array:
        """0 and 1."""
        return random.integers(0, 2, (rows, columns)).astype(float)


class Hinge(_YesOrNo):
    """mean over rows and outputs of max(0, 1 - s z), with s = 1 for yes and -1 for no (C. Cortes, V. Vapnik, 1995).

    Targets are 0 and 1, or -1 and 1, of shape (n, n_outputs), or (n,) when there is one output. The model predicts logits z, yes above 0.
    """

    name = "hinge"
    code = codes.HINGE
    allowed = ("identity",)

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula; slope 0 at the margin."""
        side = np.where(targets > 0, 1.0, -1.0)
        rest = np.maximum(1 - side * z, 0)
        return self._of_rest(rest), -side * self._slope_of_rest(rest) / z.shape[1]

    def _of_rest(self, rest: Array) -> Array:
        return rest

    def _slope_of_rest(self, rest: Array) -> Array:
        return (rest > 0).astype(float)


class SquaredHinge(Hinge):
    """mean over rows and outputs of max(0, 1 - s z)**2, with s = 1 for yes and -1 for no. Targets and predictions as of `Hinge`."""

    name = "squared_hinge"
    code = codes.SQUARED_HINGE

    def _of_rest(self, rest: Array) -> Array:
        return rest**2

    def _slope_of_rest(self, rest: Array) -> Array:
        return 2 * rest


class Focal(_YesOrNo):
    """mean over rows and outputs of -a (1 - p)**gamma log p, p the probability of the target (T.-Y. Lin et al., ICCV 2017).

    Binary cross-entropy with less of what the model is already sure of, for few yeses among many noes. Targets are 0 and 1, or -1 and 1.

    Parameters
    ----------
    gamma : float, default 2
        How much less; 0 is binary cross-entropy.
    alpha : float in (0, 1), optional
        a is `alpha` for yes and 1 - `alpha` for no; without it 1.
    """

    name = "focal"
    code = codes.FOCAL
    output_activation = Sigmoid
    allowed = ("sigmoid", "identity")

    gamma: float
    alpha: float | None

    def __init__(self, gamma: float = 2.0, alpha: float | None = None) -> None:
        weight = None if alpha is None else real(alpha, "alpha", below=1, exclusive=True)
        vars(self).update(gamma=real(gamma, "gamma"), alpha=weight)

    @classmethod
    def cases(cls) -> list[Self]:
        """Without alpha, and with it."""
        return [cls(), cls(0.7, 0.3)]

    @property
    def numbers(self) -> list[float]:
        """The exponent, the weights of yes and of no."""
        return [self.gamma, *((1.0, 1.0) if self.alpha is None else (self.alpha, 1 - self.alpha))]

    def check_range(self, dtype: DType) -> None:
        """The settings are small."""

    def reference_by_output(self, z: Array, targets: Array, output: Activation) -> tuple[Array, Array]:
        """The formula, with -log p = log(1 + exp(-s z))."""
        yes, (gamma, of_yes, of_no) = targets > 0, self.numbers
        side = np.where(yes, 1.0, -1.0)
        surprise, rest, p = np.logaddexp(0, -side * z), Sigmoid().reference(-side * z), Sigmoid().reference(side * z)
        factor = np.where(yes, of_yes, of_no) * rest**gamma
        slopes = -side * factor * (rest + gamma * p * surprise)
        return factor * surprise, slopes / z.shape[1]
