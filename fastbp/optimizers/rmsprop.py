"""RMSprop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from fastbp._names import flag, real
from fastbp._typing import Array, NDArray
from fastbp.kernels import codes
from fastbp.optimizers.base import Coefficients, Factors, Optimizer, Remembered, check_rate
from fastbp.schedules import Setting, check_setting, is_scheduled


@dataclass(repr=False, eq=False)
class RMSprop(Optimizer):
    """Gradient descent with each step divided by a running root mean square of the gradient.

    ``s = alpha * s + (1 - alpha) * g**2``, ``p -= learning_rate * g / (sqrt(s) + epsilon)``, where g is the gradient plus
    ``weight_decay * p``. `centered` takes the square of a running mean of g from s; with `momentum` the quotient feeds a velocity
    ``v = momentum * v + quotient`` and ``p -= learning_rate * v``. These are PyTorch's rules (T. Tieleman, G. Hinton, Coursera lecture
    6.5, 2012; centred: A. Graves, arXiv:1308.0850).

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.01
    alpha : float in [0, 1), default 0.99
    epsilon : float, default 1e-8
    momentum : float in [0, 1) or Schedule, default 0
    centered : bool, default False
    weight_decay : float or Schedule, default 0
        Factor of the L2 penalty ``weight_decay / 2 * p**2`` on every weight and bias. The reported loss does not contain it.
    """

    name: ClassVar[str] = "rmsprop"

    learning_rate: Setting = 0.01
    alpha: float = 0.99
    epsilon: float = 1e-8
    momentum: Setting = 0.0
    centered: bool = False
    weight_decay: Setting = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        check_rate(self.learning_rate, self.weight_decay)
        real(self.alpha, "alpha", below=1)
        real(self.epsilon, "epsilon", exclusive=True)
        check_setting(self.momentum, "momentum", below=1)
        flag(self.centered, "centered")

    @property
    def code(self) -> int:
        """With momentum or centred another rule, which remembers more."""
        return codes.RMSPROP_MOMENTUM if self._has_more else codes.RMSPROP

    @property
    def n_slots(self) -> int:
        """The mean square; with momentum or centred also the velocity and the mean."""
        return 3 if self._has_more else 1

    @property
    def _has_more(self) -> bool:
        return is_scheduled(self.momentum) or self.momentum > 0 or self.centered

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, penalty, alpha, 1 - alpha, epsilon, momentum, centred or not."""
        return [
            self.learning_rate, self.weight_decay, self.alpha, 1 - self.alpha, self.epsilon, self.momentum, float(self.centered),
        ]  # fmt: skip

    @classmethod
    def cases(cls) -> list[Self]:
        """Plain, and centred with momentum."""
        return [cls(), cls(0.005, alpha=0.9, epsilon=1e-4, momentum=0.8, centered=True, weight_decay=0.02)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.RMSprop, by PyTorch's documentation."""
        g = g + self.weight_decay * p
        variance = memory["v"] = self.alpha * memory.get("v", 0.0) + (1 - self.alpha) * g**2
        if self.centered:
            memory["mean"] = self.alpha * memory.get("mean", 0.0) + (1 - self.alpha) * g
            variance = variance - memory["mean"] ** 2
        memory["b"] = self.momentum * memory.get("b", 0.0) + g / (np.sqrt(variance) + self.epsilon)
        moved: Array = p - self.learning_rate * memory["b"]
        return moved
