"""Metrics of real targets; of quantiles they look at the median. Several targets have the mean of theirs."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from fastbp._typing import Array
from fastbp.kernels.codes import ABSOLUTE, COUNT, RELATIVE, SPREAD, SQUARED, WEIGHT
from fastbp.losses import Loss
from fastbp.losses.quantile import Quantile
from fastbp.metrics.answers import NUMBERS, QUANTILES, Answers
from fastbp.metrics.base import Metric


class _OfPoints(Metric):
    """Compares each target with one prediction."""

    kinds = (NUMBERS, QUANTILES)

    def check(self, loss: Loss, n_outputs: int) -> None:
        """Quantiles with the median among them."""
        super().check(loss, n_outputs)
        if isinstance(loss, Quantile) and 0.5 not in loss.levels:
            raise ValueError(f"metric {self.label!r} is of the median, and the levels of loss={loss!r} have no 0.5")

    def figure(self, answers: Answers) -> float:
        """The mean over targets."""
        return answers.of_errors(self._of_each)

    @abstractmethod
    def _of_each(self, errors: Array) -> Array:
        """The figure of each target, from the sums of its errors."""


class MAE(_OfPoints):
    """mean of abs(p - t)."""

    name = "mae"

    def _of_each(self, errors: Array) -> Array:
        return np.asarray(errors[ABSOLUTE] / errors[WEIGHT])


class RMSE(_OfPoints):
    """sqrt(mean of (p - t)**2)."""

    name = "rmse"

    def _of_each(self, errors: Array) -> Array:
        return np.asarray(np.sqrt(errors[SQUARED] / errors[WEIGHT]))


class MAPE(_OfPoints):
    """mean of abs(p - t) / abs(t), as a share of 1; as in scikit-learn a target of 0 counts as 2.2e-16."""

    name = "mape"

    def figure(self, answers: Answers) -> float:
        """The mean over targets."""
        return answers.of_errors(self._of_each, relative=True)

    def _of_each(self, errors: Array) -> Array:
        return np.asarray(errors[RELATIVE] / errors[WEIGHT])


class R2(_OfPoints):
    """1 - sum of (p - t)**2 / sum of (t - mean of t)**2.

    As in scikit-learn, targets that are all the same have 1 where all are met, else 0. nan of a single row.
    """

    name = "r2"

    def _of_each(self, errors: Array) -> Array:
        spread = errors[SPREAD]
        found = np.where(spread > 0, 1 - errors[SQUARED] / np.where(spread > 0, spread, 1), errors[SQUARED] == 0)
        return np.where(errors[COUNT] < 2, np.nan, found)


class Pinball(Metric):
    """mean over levels of max(q e, (q - 1) e), e = t - p: the quantile loss, but of sorted predictions."""

    name = "pinball"
    kinds = (QUANTILES,)

    def figure(self, answers: Answers) -> float:
        """The mean over targets."""
        return answers.of_columns(_mean, answers.columns(answers.targets, answers.pinball().mean(axis=2)))


class Coverage(Metric):
    """share of targets from the lowest to the highest quantile; of levels 0.05 and 0.95 it should be 0.9."""

    name = "coverage"
    kinds = (QUANTILES,)

    def check(self, loss: Loss, n_outputs: int) -> None:
        """Two levels at least."""
        super().check(loss, n_outputs)
        if isinstance(loss, Quantile) and len(loss.levels) < 2:
            raise ValueError(f"metric {self.label!r} is of an interval between two levels; loss={loss!r} has one")

    def figure(self, answers: Answers) -> float:
        """The mean over targets."""
        levels = answers.levels()
        inside = (levels[:, :, 0] <= answers.targets) & (answers.targets <= levels[:, :, -1])
        return answers.of_columns(_mean, answers.columns(answers.targets, inside))


def _mean(targets: Array, found: Array, weights: Array | None) -> float:
    return float(np.average(found, weights=weights))
