"""Tells an Optuna trial how it goes, and ends it when its study says so."""

from __future__ import annotations

from typing import Any

from fastbp.callbacks.base import Callback
from fastbp.callbacks.extras import extra
from fastbp.callbacks.metric import check_metric, value_of
from fastbp.training.run import Run


class OptunaPruning(Callback):
    """Reports a metric to an Optuna trial after each epoch, and raises ``optuna.TrialPruned`` when the study's pruner says so.

    An epoch is reported as the step of its number, the first being 1; not again when the trial has it. A run that is resumed first
    reports the epochs of before that a trial, a new one, say, does not have.

    Needs Optuna: ``pip install "fastbp[optuna]"``.

    Parameters
    ----------
    trial : optuna.Trial
        Of a study with one objective. Which way the metric gets better is what the study's ``direction`` says.
    metric : str, default "val_loss"
        A name in the history: "loss", "val_loss", "val_accuracy", ...

    Raises
    ------
    ImportError
        When Optuna is not installed.
    TypeError
        For what is no trial.
    ValueError
        For a study of several objectives; from ``fit``, before it trains, when the history will have no such metric.
    optuna.TrialPruned
        From ``fit``. Optuna takes note of it; ``history.stopped`` is "error".
    """

    changes_data = False

    def __init__(self, trial: Any, metric: str = "val_loss") -> None:
        self._optuna = extra("optuna", "optuna")
        if not isinstance(trial, self._optuna.trial.BaseTrial):
            raise TypeError(f"trial is of type {type(trial).__name__}; expected a trial of Optuna's, as an objective is given")
        if not isinstance(metric, str):
            raise TypeError(f"metric is {metric!r} of type {type(metric).__name__}; expected a name in the history, such as 'val_loss'")
        study = getattr(trial, "study", None)
        if study is not None and len(study.directions) > 1:
            raise ValueError(f"the study has {len(study.directions)} objectives; Optuna prunes trials of studies with one")
        self.trial, self.metric = trial, metric
        self._reported: set[int] = set()

    def on_fit_begin(self, run: Run) -> None:
        """Make sure that there will be the metric; see what has been reported, and make up for what was not."""
        check_metric(self.metric, run)
        self._reported = self._known()
        if run.resumed:
            for epoch in range(len(run.history)):
                self._report(epoch + 1, run.history.row(epoch)[self.metric])

    def on_epoch_end(self, run: Run) -> None:
        """Report the epoch, and ask the pruner."""
        value = value_of(self.metric, run)
        self._report(run.epoch, value)
        if self.trial.should_prune():
            raise self._optuna.TrialPruned(f"{self.metric} is {value:.4g} after epoch {run.epoch}")

    def _report(self, epoch: int, value: float | None) -> None:
        if epoch not in self._reported and value is not None:
            self.trial.report(value, step=epoch)
            self._reported.add(epoch)

    def _known(self) -> set[int]:
        """The steps that the trial has."""
        study = getattr(self.trial, "study", None)
        if study is None:
            return set(getattr(self.trial, "intermediate_values", ()))
        trials = study.get_trials(deepcopy=False)
        return {step for each in trials if each.number == self.trial.number for step in each.intermediate_values}
