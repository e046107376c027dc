"""Adam and AdamW."""

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
class Adam(Optimizer):
    """Gradient descent by running means of the gradient and of its square.

    ``m = beta_1 * m + (1 - beta_1) * g``, ``v = beta_2 * v + (1 - beta_2) * g**2``,
    ``p -= learning_rate * m_hat / (sqrt(v_hat) + epsilon)`` with ``m_hat = m / (1 - beta_1**t)`` and ``v_hat = v / (1 - beta_2**t)``
    at step t, where g is the gradient plus ``weight_decay * p`` (D. P. Kingma, J. Ba, arXiv:1412.6980).

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.001
    beta_1, beta_2 : float in [0, 1), default 0.9 and 0.999
    epsilon : float, default 1e-8
    weight_decay : float or Schedule, default 0
        Factor of the L2 penalty ``weight_decay / 2 * p**2`` on every weight and bias. The reported loss does not contain it.
    """

    name: ClassVar[str] = "adam"

    learning_rate: Setting = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: Setting = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        check_rate(self.learning_rate, self.weight_decay)
        real(self.beta_1, "beta_1", below=1)
        real(self.beta_2, "beta_2", below=1)
        real(self.epsilon, "epsilon", exclusive=True)

    @property
    def code(self) -> int:
        """One rule, also for AdamW."""
        return codes.ADAM

    @property
    def n_slots(self) -> int:
        """The two running means."""
        return 2

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, penalty, share of p kept, beta_1, 1 - beta_1, beta_2, 1 - beta_2, correction of sqrt(v), epsilon."""
        rate = self.learning_rate / (1 - self.beta_1**steps)
        correction = 1 / np.sqrt(1 - self.beta_2**steps)
        penalty, keep = self._decay()
        return [rate, penalty, keep, self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2, correction, self.epsilon]

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.05)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.Adam, by PyTorch's documentation."""
        return self._moved(p, g + self.weight_decay * p, memory, t)

    def _moved(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        self._remember(g, memory)
        m_hat, v_hat = memory["m"] / (1 - self.beta_1**t), memory["v"] / (1 - self.beta_2**t)
        moved: Array = p - self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)
        return moved

    def _remember(self, g: Array, memory: Remembered) -> None:
        """The two running means."""
        memory["m"] = self.beta_1 * memory.get("m", 0.0) + (1 - self.beta_1) * g
        memory["v"] = self.beta_2 * memory.get("v", 0.0) + (1 - self.beta_2) * g**2

    def _decay(self) -> tuple[float, float]:
        return self.weight_decay, 1.0


@dataclass(repr=False, eq=False)
class AdamW(Adam):
    """Adam with weight decay apart from the gradient: ``p *= 1 - learning_rate * weight_decay`` before each step.

    (I. Loshchilov, F. Hutter, arXiv:1711.05101.)

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.001
    beta_1, beta_2 : float in [0, 1), default 0.9 and 0.999
    epsilon : float, default 1e-8
    weight_decay : float or Schedule, default 0.01
        Of every weight and bias, as in PyTorch.
    """

    name: ClassVar[str] = "adamw"

    weight_decay: Setting = 1e-2

    @classmethod
    def cases(cls) -> list[Self]:
        """The default settings, and others for all of them."""
        return [cls(), cls(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4, weight_decay=0.3)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.AdamW, by PyTorch's documentation."""
        return self._moved(p - self.learning_rate * self.weight_decay * p, g, memory, t)

    def _decay(self) -> tuple[float, float]:
        return 0.0, 1 - self.learning_rate * self.weight_decay
