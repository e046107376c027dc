"""Looks at a run, and says what is ill."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp.diagnosis.layers import statistics
from fastbp.diagnosis.of_columns import column_findings
from fastbp.diagnosis.of_data import data_findings
from fastbp.diagnosis.of_layers import layer_findings
from fastbp.diagnosis.of_steps import step_findings
from fastbp.diagnosis.report import Diagnosis
from fastbp.diagnosis.trial import Trial
from fastbp.training.run import Run


def diagnose(run: Run, X: Any, y: Any, sample_weight: Any = None) -> Diagnosis:
    """As `Trainer.diagnose`. Numbers that leave the range of their type are what it looks for, and no warnings."""
    with np.errstate(all="ignore"):
        return _diagnose(run, X, y, sample_weight)


def _diagnose(run: Run, X: Any, y: Any, sample_weight: Any) -> Diagnosis:
    trial = Trial(run, X, y, sample_weight)
    loss, gradient = trial.gradient()
    update = trial.update()
    layers = tuple(statistics(trial, gradient, update))
    findings = (
        *layer_findings(trial.run.model, layers, trial.sample.size),
        *step_findings(trial, layers, update),
        *data_findings(trial),
        *column_findings(trial),
    )
    return Diagnosis(findings, layers, loss, trial.sample.size, trial.rows.n_rows, run.epoch, run.steps)
