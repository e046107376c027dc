"""What a run asks of an average of the weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from fastbp._names import python_number
from fastbp.schedules import Numbers, Plan
from fastbp.schedules.base import Checked


class Average(Checked, ABC):
    """Base of the averages: the share of the way that one goes towards the weights after each step."""

    name: ClassVar[str]

    @abstractmethod
    def shares(self, done: Numbers, plan: Plan) -> Numbers:
        """After the steps before which so many were done; 1 begins anew at the weights, 0 leaves the average alone."""

    def described(self) -> dict[str, Any]:
        """Name and settings, for a file."""
        return {"name": self.name, **{name: python_number(value) for name, value in vars(self).items()}}
