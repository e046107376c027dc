"""Stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from fastbp._names import flag
from fastbp._typing import Array, NDArray
from fastbp.kernels import codes
from fastbp.optimizers.base import Coefficients, Factors, Optimizer, Remembered, check_rate
from fastbp.schedules import Setting, check_setting


@dataclass(repr=False, eq=False)
class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked.

    Without momentum ``p -= learning_rate * g``; with it ``v = momentum * v + g`` and ``p -= learning_rate * v``, or with `nesterov`
    ``p -= learning_rate * (g + momentum * v)``, where g is the gradient plus ``weight_decay * p``. These are PyTorch's rules
    (I. Sutskever et al., ICML 2013).

    Parameters
    ----------
    learning_rate : float or Schedule, default 0.01
    momentum : float in [0, 1) or Schedule, default 0
    nesterov : bool, default False
        Needs a positive `momentum`.
    weight_decay : float or Schedule, default 0
        Factor of the L2 penalty ``weight_decay / 2 * p**2`` on every weight and bias. The reported loss does not contain it.
    """

    name: ClassVar[str] = "sgd"

    learning_rate: Setting = 0.01
    momentum: Setting = 0.0
    nesterov: bool = False
    weight_decay: Setting = 0.0

    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        super().check()
        check_rate(self.learning_rate, self.weight_decay)
        check_setting(self.momentum, "momentum", below=1)
        if flag(self.nesterov, "nesterov") and not self._has_momentum:
            raise ValueError("nesterov=True needs a positive momentum; momentum is 0")

    @property
    def code(self) -> int:
        """Without momentum another rule, which remembers nothing."""
        return codes.MOMENTUM if self._has_momentum else codes.SGD

    @property
    def n_slots(self) -> int:
        """The velocity, where there is momentum."""
        return 1 if self._has_momentum else 0

    @property
    def _has_momentum(self) -> bool:
        # A schedule is no number. This is asked at each step.
        return bool(self.momentum != 0)

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """Rate, penalty, momentum, Nesterov or not."""
        return [self.learning_rate, self.weight_decay, self.momentum, float(self.nesterov)]

    @classmethod
    def cases(cls) -> list[Self]:
        """Without momentum, and with Nesterov's."""
        return [cls(), cls(0.05, momentum=0.9, nesterov=True, weight_decay=0.02)]

    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """torch.optim.SGD, by PyTorch's documentation."""
        g = g + self.weight_decay * p
        if self.momentum == 0:
            return np.asarray(p - self.learning_rate * g)
        memory["b"] = g if t == 1 else self.momentum * memory["b"] + g
        moved: Array = p - self.learning_rate * (g + self.momentum * memory["b"] if self.nesterov else memory["b"])
        return moved
