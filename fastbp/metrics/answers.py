"""Targets of a data set, and what a model gave for them, as metrics look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeAlias

import numpy as np

from fastbp._typing import Array
from fastbp.activations import Activation
from fastbp.data.labels import Classes
from fastbp.kernels.codes import LARGEST, SIDES
from fastbp.kernels.loader import scores
from fastbp.losses import Loss
from fastbp.losses.quantile import Quantile

CLASSES, QUESTIONS, NUMBERS, QUANTILES = "classes", "questions", "numbers", "quantiles"
#: The kinds of task, and what each is of in words.
KINDS = {CLASSES: "several classes", QUESTIONS: "yes and no", NUMBERS: "real targets", QUANTILES: "quantiles"}

#: What there is to compare of one column: targets, what was found for them, and the weights of the rows.
Column: TypeAlias = tuple[Array, Array, Array | None]


def kind_of(loss: Loss) -> str:
    """The kind of task that a loss is for."""
    if isinstance(loss, Quantile):
        return QUANTILES
    return {LARGEST: CLASSES, SIDES: QUESTIONS}.get(loss.accuracy, NUMBERS)


class Answers:
    """Rows of a data set: targets (n, columns) as the loss reads them, outputs (n, n_outputs), weights (n,) or None.

    Rows that weigh nothing are left out.
    """

    def __init__(
        self, loss: Loss, output: Activation, labels: Classes, targets: Array, outputs: Array, weights: Array | None = None
    ) -> None:  # fmt: skip
        if weights is not None and not weights.all():
            targets, outputs, weights = targets[weights > 0], outputs[weights > 0], weights[weights > 0]
        self.kind, self._loss, self._output, self._labels = kind_of(loss), loss, output, labels
        self._given, self.targets, self.outputs = targets, targets.astype(np.float64, copy=False), outputs.astype(np.float64, copy=False)
        self.weights = None if weights is None else weights.astype(np.float64)

    def classes(self) -> Array:
        """The class of each row, the likeliest one where the targets are probabilities."""
        return self.targets[:, 0].astype(np.int64) if self.targets.shape[1] == 1 else self.targets.argmax(axis=1)

    def predictions(self) -> Array:
        """Probabilities, means or values, also where the model gives what they are functions of."""
        found = self._activated()
        return np.asarray(found / sums_of_rows(found)[:, np.newaxis]) if self.kind == CLASSES else found

    def of_right(self) -> Array:
        """The probability of the class of each row."""
        found = self._activated()
        return np.asarray(np.take_along_axis(found, self.classes()[:, np.newaxis], axis=1)[:, 0] / sums_of_rows(found))

    def _activated(self) -> Array:
        return self._loss.output_activation().reference(self.outputs) if self._output.name == "identity" else self.outputs

    def points(self) -> Array:
        """One prediction for each target: of quantiles the median."""
        return self.levels()[:, :, self._quantiles().index(0.5)] if self.kind == QUANTILES else self.predictions()

    @cached_property
    def errors(self) -> Array:
        """Sums over the rows whose target is known, by their weights, for each target: (ERRORS, targets); none of relative errors."""
        return self._sums_of_errors(relative=False)

    def _sums_of_errors(self, *, relative: bool) -> Array:
        found: Array = scores().sums_of_errors(self.targets, self.points(), self.weights, relative)
        return found

    def of_errors(self, figure: Callable[[Array], Array], *, relative: bool = False) -> float:
        """The mean over targets of a figure of their errors, or of their `relative` ones; nan where no target is known."""
        errors = self._sums_of_errors(relative=True) if relative else self.errors
        known = errors[:, errors[0] > 0]
        return float(np.mean(figure(known))) if known.size else float("nan")

    def levels(self) -> Array:
        """The quantiles of each target (n, targets, levels)."""
        return self.outputs.reshape(len(self.outputs), -1, len(self._quantiles()))

    def _quantiles(self) -> tuple[float, ...]:
        assert isinstance(self._loss, Quantile)
        return self._loss.levels

    def pinball(self) -> Array:
        """The loss of each target at each level."""
        error, level = self.targets[:, :, np.newaxis] - self.levels(), np.array(self._quantiles())
        return np.maximum(level * error, (level - 1) * error)

    def decisions(self) -> Array:
        """Whether each output says yes; of several classes the largest one alone."""
        if self.kind == CLASSES:
            return np.asarray(self.outputs.argmax(axis=1)[:, np.newaxis] == np.arange(self.outputs.shape[1]))
        return np.asarray(self.outputs > (0.5 if self._output.name == "sigmoid" else 0.0))

    def questions(self, found: Array) -> Iterator[Column]:
        """Whether yes is right, and what was found, for each output; of two classes for the second, of more for each."""
        if self.kind == QUESTIONS:
            for targets, values, weights in self.columns(self.targets, found):
                yield targets > 0.5, values, weights
            return
        classes, count = self.classes(), self.outputs.shape[1]
        for number in [1] if count == 2 else range(count):
            yield classes == number, found[:, number], self.weights

    def columns(self, targets: Array, found: Array) -> Iterator[Column]:
        """Each column without the rows whose target is missing; none where all are."""
        for column in range(targets.shape[1]):
            known = ~np.isnan(targets[:, column])
            if known.any():
                yield targets[known, column], found[known, column], self.weights if self.weights is None else self.weights[known]

    def of_columns(self, figure: Callable[[Array, Array, Array | None], float], columns: Iterator[Column]) -> float:
        """The mean of a figure over columns; nan where there are none."""
        figures = [figure(*column) for column in columns]
        return float(np.mean(figures)) if figures else float("nan")

    def for_users(self, outputs: bool) -> tuple[Array, Array]:
        """Targets and predictions as the user knows them: labels, or `outputs`; numbers of one column as (n,)."""
        if self.kind == CLASSES:
            found = self.predictions() if outputs else self._labelled(self.outputs.argmax(axis=1))
            return self._labelled(self.classes()), found
        targets, found = self._given.copy(), self.predictions()
        if self.kind == QUESTIONS and not outputs:
            yes = self.decisions()
            if self._labels is not None and targets.shape[1] == 1:
                return self._labelled(targets[:, 0] > 0.5), self._labelled(yes[:, 0])
            found = np.where(yes, 1, -1 if (targets < 0).any() else 0).astype(targets.dtype)
        return _flat(targets), _flat(found)

    def _labelled(self, numbers: Array) -> Array:
        return numbers if self._labels is None else np.array(self._labels)[numbers.astype(np.int64)]


def sums_of_rows(values: Array) -> Array:
    """Faster than NumPy's sum of short rows."""
    return np.asarray(np.einsum("ij->i", values))


def _flat(array: Array) -> Array:
    return array[:, 0] if array.shape[1] == 1 else array
