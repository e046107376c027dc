"""Columns that tell the target by themselves: often what is known only afterwards, or the target under another name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastbp._typing import Array
from fastbp.diagnosis.finding import Finding, plural
from fastbp.diagnosis.trial import Trial
from fastbp.kernels.codes import NO_ACCURACY

# With fewer rows a column may tell them apart by chance.
_ROWS = 100
# Of the variance of classes, or of ranks of real targets, so much is told by a column that tells them nearly perfectly: of classes, all but
# one row in a hundred.
_TOLD = {True: 0.95, False: 0.995}
# So many columns are sorted at once.
_COLUMNS = 256


def column_findings(trial: Trial) -> Iterator[Finding]:
    """One for the column that tells most, if that is nearly all. Of models with one input, or several real targets, nothing is said."""
    rows, run = trial.rows, trial.run
    groups = run.targets.groups(rows.targets[trial.sample])
    is_class = groups is not None
    X, targets = rows.inputs(trial.sample), rows.targets[trial.sample] if groups is None else groups[:, np.newaxis]
    if X.shape[1] < 2 or targets.shape[1] > 1 or (groups is None and run.loss.accuracy != NO_ACCURACY):
        return
    known = ~np.isnan(rows.targets[trial.sample].astype(np.float64)).any(axis=1)
    if known.sum() < _ROWS:
        return
    told = told_by_columns(X[known], targets[known, 0], is_class)
    column = int(told.argmax())
    if told[column] < _TOLD[is_class]:
        return
    others = int((told >= _TOLD[is_class]).sum()) - 1
    more = f", and {plural(others, 'other column')} nearly all of it, too" if others else ""
    named = run.model.feature_names
    name = f" ({named[column]})" if named else ""
    yield Finding(
        "column that tells the target",
        f"column {column}{name} of X alone tells {told[column]:.1%} of the variance of the targets{more}.",
        "See whether it is known when predictions are made; leave it out if not.",
        {"column": column, "told": float(told[column]), "others": others},
    )


def told_by_columns(X: Array, targets: Array, is_class: bool) -> Array:
    """The share of the variance of the targets (n,) that each column tells: 1 where they follow from it, about 0 where from nothing.

    Rows are sorted by the column, and half the mean square of the differences of neighbours is the variance that is left, of the ranks of
    real targets (R. Bartels, "The rank version of von Neumann's ratio test for randomness", 1982). Two classes differ by 1, and as few
    changes as there must be are not counted. Rows come in an order by chance, so that equal numbers in a column tell nothing.
    """
    numbers, counts = np.unique(targets, return_inverse=True, return_counts=True)[1:]
    # Equal targets have the mean of their ranks.
    t = numbers if is_class else (np.cumsum(counts) - (counts - 1) / 2)[numbers]
    n, least = t.size, counts.size - 1
    variance = 1 - ((counts / n) ** 2).sum() if is_class else t.var()
    if least == 0:
        return np.zeros(X.shape[1])
    left = []
    for begin in range(0, X.shape[1], _COLUMNS):
        of_rows = t[np.argsort(X[:, begin : begin + _COLUMNS], axis=0, kind="stable")]
        steps = np.diff(of_rows, axis=0)
        left.append((steps != 0).sum(axis=0) - least if is_class else (steps**2).sum(axis=0) / 2)
    told: Array = 1 - np.concatenate(left) / (n * variance)
    return told
