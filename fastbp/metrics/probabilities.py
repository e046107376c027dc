"""Metrics of classes that look at probabilities, or at the order they put rows in. Several yes-or-no outputs have the mean of theirs."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from fastbp._typing import Array
from fastbp.activations import Sigmoid
from fastbp.compiling.loading import imported
from fastbp.losses import Loss
from fastbp.metrics.answers import CLASSES, QUESTIONS, Answers, kind_of
from fastbp.metrics.base import Metric


class LogLoss(Metric):
    """-mean of log p, p the probability of what is right: cross-entropy, without class weights and label smoothing."""

    name = "log_loss"
    kinds = (CLASSES, QUESTIONS)

    def check(self, loss: Loss, n_outputs: int) -> None:
        """Outputs that are probabilities."""
        super().check(loss, n_outputs)
        if kind_of(loss) == QUESTIONS and loss.output_activation is not Sigmoid:
            raise ValueError(f"metric {self.label!r} is of probabilities; a model trained for loss={loss.name!r} has none")

    def figure(self, answers: Answers) -> float:
        """Probabilities are kept 2.2e-16 from 0 and 1, as in scikit-learn."""
        if answers.kind == CLASSES:
            of_right = answers.of_right()
            return _surprise(np.ones(len(of_right), bool), of_right, answers.weights)
        return answers.of_columns(_surprise, answers.questions(answers.predictions()))


class _OfOrder(Metric):
    """Looks at how well the yeses of one output lie before the noes; of more than two classes at each against the others (macro)."""

    kinds = (CLASSES, QUESTIONS)

    def check(self, loss: Loss, n_outputs: int) -> None:
        """What computes it is installed."""
        super().check(loss, n_outputs)
        try:
            _sklearn()
        except ImportError as error:
            raise ImportError(f"metric {self.label!r} is computed by scikit-learn: pip install 'fastbp[sklearn]' ({error})") from error

    def figure(self, answers: Answers) -> float:
        """It is nan where an output has no yes or no no."""
        return answers.of_columns(self._of_one, answers.questions(answers.outputs if answers.kind == QUESTIONS else answers.predictions()))

    def _of_one(self, right: Array, found: Array, weights: Array | None) -> float:
        if right.all() or not right.any():
            return float("nan")
        return float(self._of_both(right, found, weights))

    @abstractmethod
    def _of_both(self, right: Array, found: Array, weights: Array | None) -> Any:
        """The figure where there are both."""


class ROCAUC(_OfOrder):
    """area under the ROC curve: how often a yes has more than a no (T. Fawcett, *Pattern Recognition Letters*, 2006)."""

    name = "roc_auc"

    def _of_both(self, right: Array, found: Array, weights: Array | None) -> Any:
        return _sklearn().roc_auc_score(right, found, sample_weight=weights)


class AveragePrecision(_OfOrder):
    """mean precision over the yeses, each at its own place in the order; for few yeses among many noes."""

    name = "average_precision"

    def _of_both(self, right: Array, found: Array, weights: Array | None) -> Any:
        return _sklearn().average_precision_score(right, found, sample_weight=weights)


def _surprise(right: Array, found: Array, weights: Array | None) -> float:
    least = np.finfo(np.float64).eps
    p = np.clip(np.where(right, found, 1 - found), least, 1 - least)
    return float(-np.average(np.log(p), weights=weights))


@imported
def _sklearn() -> Any:
    from sklearn import metrics

    return metrics
