"""What the trainer asks of an optimizer.

To add one: a class here that lists its settings and turns them into the coefficients of a step, a rule over the flat vector of parameters
in ``kernels/update.py``, a line in `OPTIMIZERS`, its NumPy form in ``verification/reference.py``.
"""

from __future__ import annotations

import contextlib
import numbers
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fastbp._names import real
from fastbp._typing import Array, DType
from fastbp.data.validation import within
from fastbp.kernels.codes import COEFFICIENTS


@dataclass
class Optimizer(ABC):
    """Base of the optimizers: settings only. The trainer owns the state (`slots`), the kernels hold the rule.

    Settings may be changed between calls of ``fit``; they are checked again when it starts.
    """

    name: ClassVar[str]
    code: ClassVar[int]

    def __post_init__(self) -> None:
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Raise ValueError or TypeError for a setting outside its range."""

    def simplify(self) -> None:
        """Turn settings that are numbers of other libraries into Python's, which files hold and whose arithmetic is float64."""
        for name, value in vars(self).items():
            if type(value).__name__ in ("bool", "bool_"):
                setattr(self, name, bool(value))
            elif isinstance(value, numbers.Real):
                # What is too large for a float is refused by `check`.
                with contextlib.suppress(OverflowError):
                    setattr(self, name, float(value))

    def check_range(self, dtype: DType) -> None:
        """Raise ValueError for a setting too large for `dtype`."""
        within(dtype, **vars(self))

    @property
    @abstractmethod
    def n_slots(self) -> int:
        """Numbers remembered for each parameter."""

    @abstractmethod
    def coefficients(self, steps: NDArray[np.int64]) -> list[float | NDArray[np.float64]]:
        """What the rule multiplies with at each of `steps`, counted from 1: numbers, or arrays with one number a step."""

    def rates(self, first: int, count: int, dtype: DType) -> Array:
        """The coefficients of `count` steps after the first `first`, as (count, COEFFICIENTS), unused ones 0."""
        rates = np.zeros((count, COEFFICIENTS), dtype)
        # What a correction makes too large for the type, the weights will show.
        with np.errstate(over="ignore"):
            for column, values in enumerate(self.coefficients(np.arange(first + 1, first + count + 1))):
                rates[:, column] = values
        return rates


def check_rate(learning_rate: float, weight_decay: float) -> None:
    """The two settings that every optimizer has."""
    real(learning_rate, "learning_rate", exclusive=True)
    real(weight_decay, "weight_decay")
