"""What the trainer, the kernels and the checks ask of an optimizer."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np

from fastbp._names import counted, flag, real
from fastbp._settings import Settings
from fastbp._typing import Array, DType, NDArray
from fastbp.kernels.codes import DECAY, RATES
from fastbp.schedules import NO_PLAN, Plan, Setting, check_setting, describe_setting, is_scheduled, values_at

#: What a reference implementation remembers of an array of parameters, by names of its own.
Remembered: TypeAlias = dict[str, Any]
#: The coefficients of a rule: numbers, or arrays with one number a step.
Coefficients: TypeAlias = list[float | NDArray[np.float64]]
#: Numbers that accumulate over the steps, the same for all parameters: a product of momenta, say.
Factors: TypeAlias = NDArray[np.float64]


@dataclass(init=False, repr=False, eq=False)
class Optimizer(Settings):
    """Base of the optimizers: name, code, settings, coefficients of a step, and a reference implementation to check the kernels by.

    The trainer owns the state, the kernels hold the rule. Settings may be changed between calls of ``fit``; they are checked again when
    it starts. These are of every optimizer, by their names alone. With one of them the update waits for all gradients, and a step takes
    longer: they are written to memory and read once more.

    Parameters
    ----------
    clip_norm : float, optional
        All gradients g together are multiplied with ``min(1, clip_norm / norm(g))`` (R. Pascanu et al., ICML 2013).
    clip_value : float, optional
        Each gradient is taken between -clip_value and clip_value, after that.
    l1 : float, default 0
        Factor of the L1 penalty ``l1 * abs(p)`` on every weight and bias.
    decoupled_weight_decay : float or Schedule, default 0
        Beside the rule ``p -= learning_rate * decoupled_weight_decay * p`` (I. Loshchilov, F. Hutter, arXiv:1711.05101).
    decay_biases : bool, default False
        Whether that is so of biases, too.
    layer_rates : sequence of float, optional
        A factor of each layer's steps.
    bias_rate : float, default 1
        A factor of the steps of biases.
    max_norm : float, optional
        After each step the weights of a unit, a column of W, are scaled down to that norm where theirs is larger (N. Srivastava et al.,
        JMLR 15, 2014).
    """

    #: What some settings are below, which may change from step to step.
    below: ClassVar[dict[str, float]] = {"momentum": 1.0}
    #: Whether an update does, whatever the size of batches.
    takes_whole_set: ClassVar[bool] = False
    #: How many `Factors` the rule has.
    n_factors: ClassVar[int] = 0

    clip_norm: float | None = field(default=None, kw_only=True)
    clip_value: float | None = field(default=None, kw_only=True)
    l1: float = field(default=0.0, kw_only=True)
    decoupled_weight_decay: Setting = field(default=0.0, kw_only=True)
    decay_biases: bool = field(default=False, kw_only=True)
    layer_rates: tuple[float, ...] | None = field(default=None, kw_only=True)
    bias_rate: float = field(default=1.0, kw_only=True)
    max_norm: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.layer_rates is not None:
            vars(self)["layer_rates"] = tuple(self.layer_rates)
        super().__post_init__()

    @abstractmethod
    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""
        for name in ("clip_norm", "clip_value", "max_norm"):
            if vars(self)[name] is not None:
                real(vars(self)[name], name, exclusive=True)
        real(self.l1, "l1")
        check_setting(self.decoupled_weight_decay, "decoupled_weight_decay")
        flag(self.decay_biases, "decay_biases")
        real(self.bias_rate, "bias_rate")
        for i, rate in enumerate(self.layer_rates or ()):
            real(rate, f"layer_rates[{i}]")

    @property
    def is_apart(self) -> bool:
        """Whether the update waits for all gradients."""
        return any(vars(self)[each.name] != each.default for each in fields(Optimizer))

    def limits(self, n_layers: int, dtype: DType) -> Array:
        """What limits a step, as the kernels read it; ValueError unless there is a rate for each layer, if for any."""
        rates = self.layer_rates or (1.0,) * n_layers
        if len(rates) != n_layers:
            raise ValueError(f"layer_rates has {counted(len(rates), 'number')}; the model has {counted(n_layers, 'layer')} of weights")
        first = [self.clip_norm or 0, self.clip_value or 0, self.l1, self.max_norm or 0, self.bias_rate, float(self.decay_biases)]
        return np.array([*first, *rates], dtype)

    def at(self, steps: NDArray[np.int64], plan: Plan) -> Self:
        """The same optimizer with numbers, one for each of `steps`, in place of the settings that change from step to step."""
        changing = {
            name: values_at(value, steps, plan, name, self.below.get(name, math.inf))
            for name, value in vars(self).items()
            if is_scheduled(value)
        }
        if not changing:
            return self
        found = copy.copy(self)
        vars(found).update(changing)
        return found

    def described(self) -> dict[str, Any]:
        """Name and settings, for a file; ValueError for a setting that is a function which no other process could import."""
        return {"name": self.name, **{name: describe_setting(value, name) for name, value in vars(self).items()}}

    @property
    @abstractmethod
    def code(self) -> int:
        """The kernels' code of the rule, which may depend on the settings."""

    @property
    @abstractmethod
    def n_slots(self) -> int:
        """Numbers remembered for each parameter."""

    @abstractmethod
    def coefficients(self, steps: NDArray[np.int64], factors: Factors) -> Coefficients:
        """What the rule multiplies with at each of `steps`, counted from 1: at most COEFFICIENTS.

        `factors` holds `n_factors` numbers, 1 before the first step. They are brought forward in place, from the step before `steps` to the
        last of these, one step after the other, so that the bits do not depend on how many are asked for at a time:
        ``np.cumprod([factors[0], *values])[1:]`` is such a product.
        """

    @classmethod
    @abstractmethod
    def cases(cls) -> list[Self]:
        """Objects with the settings that ``fastbp verify`` and the tests try: those by default, and what reaches the rest of the rule."""

    @abstractmethod
    def reference(self, p: Array, g: Array, memory: Remembered, t: int) -> Array:
        """New values of an array of parameters p with gradient g at step t = 1, 2, ..., in float64, from the formula in plain NumPy.

        `memory`, empty at first, keeps what the rule remembers of this array.
        """

    def rates(self, first: int, count: int, dtype: DType, factors: Factors, plan: Plan = NO_PLAN) -> Array:
        """The coefficients of `count` steps after the first `first`, as (count, RATES), unused ones 0."""
        rates, steps = np.zeros((count, RATES), dtype), np.arange(first + 1, first + count + 1)
        now = self.at(steps, plan)
        # What a correction makes too large for the type, the weights will show.
        with np.errstate(over="ignore"):
            for column, values in enumerate(now.coefficients(steps, factors)):
                rates[:, column] = values
            if is_scheduled(self.decoupled_weight_decay) or self.decoupled_weight_decay:
                rates[:, DECAY] = np.asarray(vars(now)["learning_rate"]) * now.decoupled_weight_decay
        return rates


def check_rate(learning_rate: object, weight_decay: object) -> None:
    """The two settings that every optimizer has."""
    check_setting(learning_rate, "learning_rate", exclusive=True)
    check_setting(weight_decay, "weight_decay")
