"""scikit-learn's updates as rules of the kernels: the same coefficients, and an L2 penalty on weights divided by the weights of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fastbp._typing import Array, DType, NDArray
from fastbp.kernels.codes import L2, MOMENTUM
from fastbp.optimizers import SGD, Adam
from fastbp.optimizers.base import Coefficients, Factors, Optimizer
from fastbp.schedules import NO_PLAN, Plan


class Penalties:
    """The factor of the L2 penalty at each of the steps to come. It belongs to a rule, which is compared with what it was at every call."""

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha
        self._first, self._values = 0, np.zeros(0)

    def begin(self, first: int, sums: Array) -> None:
        """Those of the steps after the first `first`, by the sums of the weights of their batches."""
        self._first, self._values = first, self.alpha / sums

    def of(self, first: int, count: int) -> Array:
        """Those of `count` steps after `first`."""
        begin = first - self._first
        return self._values[begin : begin + count]


class _Penalised(Optimizer):
    """What the two rules share. Its coefficients are worked out for the steps that are made, as penalties are known for no others."""

    n_factors = 1
    penalties: Penalties

    def check(self) -> None:
        """The estimator has checked its parameters, whose ranges are scikit-learn's."""

    @property
    def is_apart(self) -> bool:
        """Where there is a penalty."""
        return self.penalties.alpha > 0

    def rates(self, first: int, count: int, dtype: DType, factors: Factors, plan: Plan = NO_PLAN) -> Array:
        """With the penalties."""
        rates = super().rates(first, count, dtype, factors, plan)
        if self.penalties.alpha > 0:
            rates[:, L2] = self.penalties.of(first, count)
        return rates


@dataclass(repr=False, eq=False)
class VelocityRule(_Penalised, SGD):
    """``v = momentum * v - rate * g``, ``p += v``, or with `nesterov` ``p += momentum * v - rate * g``.

    The velocity is kept divided by -rate: where the rate changes, so does what is remembered (`Network.set_rate`).
    """

    penalties: Penalties = field(default_factory=lambda: Penalties(0.0), kw_only=True)

    @property
    def code(self) -> int:
        """With momentum, be it 0."""
        return MOMENTUM

    @property
    def n_slots(self) -> int:
        """The velocity."""
        return 1


@dataclass(repr=False, eq=False)
class AdamRule(_Penalised, Adam):
    """Adam with the corrections in the rate: ``p -= rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)``."""

    penalties: Penalties = field(default_factory=lambda: Penalties(0.0), kw_only=True)

    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """In the order of Adam's kernel."""
        rate = self.learning_rate * np.sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps)
        return [rate, 0.0, 1.0, self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2, 1.0, self.epsilon]
