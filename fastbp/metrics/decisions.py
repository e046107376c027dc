"""Metrics of classes that look at decisions: which class a row is given, or which outputs say yes.

Several yes-or-no outputs have the mean of theirs.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from fastbp._names import integer
from fastbp._typing import Array
from fastbp.losses import Loss
from fastbp.metrics.answers import CLASSES, QUESTIONS, Answers, sums_of_rows
from fastbp.metrics.base import Metric


class Accuracy(Metric):
    """share of right classes, or of outputs on the right side."""

    name = "accuracy"
    kinds = (CLASSES, QUESTIONS)

    def figure(self, answers: Answers) -> float:
        """Of every row, or every output."""
        if answers.kind == CLASSES:
            return float(np.average(answers.outputs.argmax(axis=1) == answers.classes(), weights=answers.weights))
        return answers.of_columns(_agreement, answers.questions(answers.decisions()))


class BalancedAccuracy(Metric):
    """mean over classes of the share of their rows that are found: rare classes count as much (K. H. Brodersen et al., ICPR 2010)."""

    name = "balanced_accuracy"
    kinds = (CLASSES, QUESTIONS)

    def figure(self, answers: Answers) -> float:
        """Of the classes that have rows."""
        if answers.kind == CLASSES:
            return _mean_recall(answers.classes(), answers.outputs.argmax(axis=1), answers.weights)
        return answers.of_columns(_mean_recall, answers.questions(answers.decisions()))


class TopK(Metric):
    """share of rows whose class is among the k largest outputs; by name "top_k_accuracy", k = 5, or "top_3".

    Parameters
    ----------
    k : int, default 5
    """

    name = "top_k_accuracy"
    kinds = (CLASSES,)

    k: int

    def __init__(self, k: int = 5) -> None:
        vars(self)["k"] = integer(k, "k", least=1)

    @property
    def label(self) -> str:
        """With k."""
        return f"top_{self.k}"

    def check(self, loss: Loss, n_outputs: int) -> None:
        """Fewer than all classes."""
        super().check(loss, n_outputs)
        if self.k >= n_outputs:
            raise ValueError(
                f"metric {self.label!r} is always 1 for {n_outputs} classes; expected a smaller k, such as fastbp.metrics.TopK(1)"
            )

    def figure(self, answers: Answers) -> float:
        """Of equal outputs the later is taken for the larger, as in scikit-learn."""
        outputs, classes = answers.outputs, answers.classes()[:, np.newaxis]
        own = np.take_along_axis(outputs, classes, axis=1)
        above, equal = outputs > own, outputs == own
        if np.count_nonzero(equal) > len(equal):
            above |= equal & (np.arange(outputs.shape[1]) > classes)
        return float(np.average(sums_of_rows(above.astype(np.int32)) < self.k, weights=answers.weights))


class _OfYes(Metric):
    """Looks at one class: of two at the second. Of more it is the mean over all that come up (macro)."""

    kinds = (CLASSES, QUESTIONS)

    def figure(self, answers: Answers) -> float:
        """0 where it would be 0 / 0, as in scikit-learn with ``zero_division=0``."""
        if answers.kind == QUESTIONS:
            return answers.of_columns(self._of_one, answers.questions(answers.decisions()))
        counts = _counts_of_classes(answers)
        of_each = counts[1:2] if len(counts) == 2 else counts[counts[:, 1:].any(axis=1)]
        return float(np.mean([self._of_counts(*each) for each in of_each]))

    def _of_one(self, right: Array, found: Array, weights: Array | None) -> float:
        weights = np.ones(len(right)) if weights is None else weights
        return self._of_counts(weights[right & found].sum(), weights[right].sum(), weights[found].sum())

    def _of_counts(self, both: float, right: float, found: float) -> float:
        above, below = self._shares(both, right, found)
        return float(above / below) if below > 0 else 0.0

    @abstractmethod
    def _shares(self, both: float, right: float, found: float) -> tuple[float, float]:
        """What is divided by what, of the weights of rows that are rightly found, that are right, that are found."""


class Precision(_OfYes):
    """share of the rows said to be of a class that are."""

    name = "precision"

    def _shares(self, both: float, right: float, found: float) -> tuple[float, float]:
        return both, found


class Recall(_OfYes):
    """share of the rows of a class that are found."""

    name = "recall"

    def _shares(self, both: float, right: float, found: float) -> tuple[float, float]:
        return both, right


class F1(_OfYes):
    """2 / (1 / precision + 1 / recall) (C. J. van Rijsbergen, *Information Retrieval*, 1979)."""

    name = "f1"

    def _shares(self, both: float, right: float, found: float) -> tuple[float, float]:
        return 2 * both, right + found


def _counts_of_classes(answers: Answers) -> Array:
    """Of each class the weights of its rows that are rightly found, of its rows, and of those said to be of it: (classes, 3)."""
    classes, found, weights, count = answers.classes(), answers.outputs.argmax(axis=1), answers.weights, answers.outputs.shape[1]
    right = classes == found
    sets = (classes[right], None if weights is None else weights[right]), (classes, weights), (found, weights)
    return np.stack([np.bincount(each, of_each, count) for each, of_each in sets], axis=1)


def _agreement(right: Array, found: Array, weights: Array | None) -> float:
    return float(np.average(right == found, weights=weights))


def _mean_recall(classes: Array, found: Array, weights: Array | None) -> float:
    rows = np.bincount(classes.astype(np.int64), weights)
    right = np.bincount(classes.astype(np.int64), (classes == found) * (1.0 if weights is None else weights))
    return float(np.mean(right[rows > 0] / rows[rows > 0]))
