"""Optimizers by the sign of the gradient: Lion, and resilient back-propagation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from fastbp._names import real
from fastbp._typing import Array, NDArray
from fastbp.kernels import codes
from fastbp.optimizers.base import Coefficients, Factors, Optimizer, Remembered, check_rate
from fastbp.schedules import Setting


@dataclass(repr=False, eq=False)
class Lion(Optimizer):
    """The sign of a mean of the gradient, with weight decay apart from it (X. Chen et al., NeurIPS 2023).

    ``p -= learning_rate * (sign(beta_1 * m + (1 - beta_1) * g) + weight_decay * p)``, then ``m = beta_2 * m + (1 - beta_2) * g``.

    Parameters
    ----------
    learning_rate : float or Schedule, default 1e-4
        A third to a tenth of that of Adam, as every weight moves by as much.
    beta_1, beta_2 : float in [0, 1), default 0.9 and 0.99
    weight_decay : float or Schedule, default 0
        Of every weight and bias.
    """

    name: ClassVar[str] = "lion"
    code: ClassVar[int] = codes.LION
    n_slots: ClassVar[int] = 1

    learning_rate: Setting = 1e-4
    beta_1: float = 0.9
    beta_2: float = 0.99
    weight_decay: Setting = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        check_rate(self.learning_rate, self.weight_decay)
        real(self.beta_1, "beta_1", below=1)
        real(self.beta_2, "beta_2", below=1)

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, share of p kept, beta_1, 1 - beta_1, beta_2, 1 - beta_2."""
        keep = 1 - np.asarray(self.learning_rate) * self.weight_decay
        return [self.learning_rate, keep, self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2]

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.01, beta_1=0.7, beta_2=0.9, weight_decay=0.1)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """The paper's algorithm 2."""
        m = memory.get("m", 0.0)
        memory["m"] = self.beta_2 * m + (1 - self.beta_2) * g
        moved: Array = p - self.learning_rate * (np.sign(self.beta_1 * m + (1 - self.beta_1) * g) + self.weight_decay * p)
        return moved


@dataclass(repr=False, eq=False)
class IRpropMinus(Optimizer):
    """Resilient back-propagation: each weight has a step size of its own, and takes the sign of its gradient alone.

    A size grows by `grow` where the gradient has the sign of the step before, and shrinks by `shrink` where it has another, when no step is
    made and the next one counts as the first (C. Igel, M. Hüsken, 2000). The rule is that of PyTorch's ``Rprop``. For training on the whole
    set, ``batch_size=None``: from batch to batch signs change by chance.

    Parameters
    ----------
    learning_rate : float, default 0.01
        What all sizes begin at.
    shrink, grow : float, default 0.5 and 1.2
        Below 1 and above 1.
    least, most : float, default 1e-6 and 50
        Between which sizes stay.
    """

    name: ClassVar[str] = "irprop_minus"
    code: ClassVar[int] = codes.IRPROP_MINUS
    n_slots: ClassVar[int] = 2

    learning_rate: float = 0.01
    shrink: float = 0.5
    grow: float = 1.2
    least: float = 1e-6
    most: float = 50.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        real(self.learning_rate, "learning_rate", exclusive=True)
        real(self.shrink, "shrink", below=1, exclusive=True)
        real(self.grow, "grow", least=1, exclusive=True)
        real(self.least, "least", exclusive=True)
        real(self.most, "most", least=self.least)

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """What sizes begin at, at the first step, shrink, grow, least, most."""
        return [np.where(steps == 1, self.learning_rate, 0.0), self.shrink, self.grow, self.least, self.most]

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.02, shrink=0.7, grow=1.5, least=1e-3, most=0.04)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.Rprop, by PyTorch's documentation."""
        g, _ = self._agreement(g, memory)
        moved: Array = p - memory["step"] * np.sign(g)
        return moved

    def _agreement(self, g: Array, memory: Remembered) -> tuple[Array, Array]:
        """The gradient, 0 where its sign has changed, and the sign of its product with the one before; step sizes follow."""
        agreement = np.sign(g * memory.get("g", 0.0))
        factor = np.where(agreement > 0, self.grow, np.where(agreement < 0, self.shrink, 1.0))
        memory["step"] = np.clip(memory.get("step", self.learning_rate) * factor, self.least, self.most)
        memory["g"] = g = np.where(agreement < 0, 0.0, g)
        return g, agreement


@dataclass(repr=False, eq=False)
class Rprop(IRpropMinus):
    """Resilient back-propagation that takes a step back where the gradient has changed its sign (M. Riedmiller, H. Braun, 1993).

    Otherwise as `IRpropMinus`, whose settings it has.
    """

    name: ClassVar[str] = "rprop"
    code: ClassVar[int] = codes.RPROP
    n_slots: ClassVar[int] = 3

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """The authors' rule with weight-backtracking, Rprop+ in the words of Igel and Hüsken."""
        g, agreement = self._agreement(g, memory)
        memory["change"] = np.where(agreement < 0, -memory.get("change", np.zeros_like(p)), -memory["step"] * np.sign(g))
        moved: Array = p + memory["change"]
        return moved
