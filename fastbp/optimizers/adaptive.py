"""Optimizers that divide by sums or means of the gradient's square: Adagrad, Adadelta."""

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
class Adagrad(Optimizer):
    """Gradient descent with each step divided by the root of the sum of all squares so far.

    ``s += g**2``, ``p -= learning_rate * g / (sqrt(s) + epsilon)``, where g is the gradient plus ``weight_decay * p``
    (J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011). The rule is PyTorch's.

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.01
    epsilon : float, default 1e-10
    initial_accumulator : float, default 0
        What s begins at.
    weight_decay : float or Schedule, default 0
        Factor of the L2 penalty ``weight_decay / 2 * p**2`` on every weight and bias. The reported loss does not contain it.
    """

    name: ClassVar[str] = "adagrad"
    code: ClassVar[int] = codes.ADAGRAD
    n_slots: ClassVar[int] = 1

    learning_rate: Setting = 0.01
    epsilon: float = 1e-10
    initial_accumulator: float = 0.0
    weight_decay: Setting = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        check_rate(self.learning_rate, self.weight_decay)
        real(self.epsilon, "epsilon", exclusive=True)
        real(self.initial_accumulator, "initial_accumulator")

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, penalty, epsilon, what the sum begins at."""
        return [self.learning_rate, self.weight_decay, self.epsilon, np.where(steps == 1, self.initial_accumulator, 0.0)]

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.1, epsilon=1e-3, initial_accumulator=0.1, weight_decay=0.02)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.Adagrad, by PyTorch's documentation."""
        g = g + self.weight_decay * p
        memory["s"] = memory.get("s", self.initial_accumulator) + g**2
        moved: Array = p - self.learning_rate * g / (np.sqrt(memory["s"]) + self.epsilon)
        return moved


@dataclass(repr=False, eq=False)
class Adadelta(Optimizer):
    """Gradient descent with steps as large as the changes before, by running means of squares.

    ``s = rho * s + (1 - rho) * g**2``, ``d = sqrt(u + epsilon) / sqrt(s + epsilon) * g``, ``u = rho * u + (1 - rho) * d**2``,
    ``p -= learning_rate * d``, where g is the gradient plus ``weight_decay * p`` (M. D. Zeiler, arXiv:1212.5701).

    Parameters
    ----------
    learning_rate : float or Schedule, default 1
    rho : float in [0, 1), default 0.9
    epsilon : float, default 1e-6
    weight_decay : float or Schedule, default 0
        Factor of the L2 penalty ``weight_decay / 2 * p**2`` on every weight and bias. The reported loss does not contain it.
    """

    name: ClassVar[str] = "adadelta"
    code: ClassVar[int] = codes.ADADELTA
    n_slots: ClassVar[int] = 2

    learning_rate: Setting = 1.0
    rho: float = 0.9
    epsilon: float = 1e-6
    weight_decay: Setting = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        check_rate(self.learning_rate, self.weight_decay)
        real(self.rho, "rho", below=1)
        real(self.epsilon, "epsilon", exclusive=True)

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, penalty, rho, 1 - rho, epsilon."""
        return [self.learning_rate, self.weight_decay, self.rho, 1 - self.rho, self.epsilon]

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.5, rho=0.8, epsilon=1e-3, weight_decay=0.02)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.Adadelta, by PyTorch's documentation."""
        g, rho = g + self.weight_decay * p, self.rho
        memory["s"] = rho * memory.get("s", 0.0) + (1 - rho) * g**2
        d = np.sqrt(memory.get("u", 0.0) + self.epsilon) / np.sqrt(memory["s"] + self.epsilon) * g
        memory["u"] = rho * memory.get("u", 0.0) + (1 - rho) * d**2
        moved: Array = p - self.learning_rate * d
        return moved
