"""What is asked of a metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from fastbp._specification import Specification
from fastbp.losses import Loss
from fastbp.metrics.answers import KINDS, Answers, kind_of


class Metric(Specification, ABC):
    """Base of the metrics: how good predictions are, a figure of all rows of a data set at once."""

    #: The kinds of task that have it.
    kinds: ClassVar[tuple[str, ...]] = tuple(KINDS)

    @property
    def label(self) -> str:
        """What it is called in a history."""
        return self.name

    def check(self, loss: Loss, n_outputs: int) -> None:
        """Raise ValueError where a model trained for `loss` has no such figure, ImportError without the library that computes it."""
        kind = kind_of(loss)
        if kind not in self.kinds:
            wanted = " or of ".join(KINDS[each] for each in self.kinds)
            raise ValueError(f"metric {self.label!r} is of {wanted}; loss={loss.name!r} is of {KINDS[kind]}")

    def __call__(self, answers: Answers | None = None, *others: object, **named: object) -> float:
        """The figure of answers, which fastbp makes of a model and its data; TypeError for arrays."""
        if others or named or not isinstance(answers, Answers):
            hint = f"trainer.evaluate(X, y, metrics=[fastbp.metrics.{self!r}])"
            raise TypeError(f"{type(self).__name__} is not called with arrays; expected {hint}, or scikit-learn's functions of arrays")
        return self.figure(answers)

    @abstractmethod
    def figure(self, answers: Answers) -> float:
        """The figure; nan where these rows have none."""
