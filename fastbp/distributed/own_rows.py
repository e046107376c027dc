"""A call of ``fit`` in which each process gives rows of its own: what may be asked for, and the data set that they make together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastbp._names import counted
from fastbp._typing import Array
from fastbp.data.rows import Rows
from fastbp.data.validation import numeric
from fastbp.distributed.joined import Joined, gathered, spans_of_sizes
from fastbp.distributed.team import Team
from fastbp.training.calls import Asked, check
from fastbp.training.listener import Listener
from fastbp.training.outside import Outside
from fastbp.training.run import Run


def check_own(
    team: Team, run: Run, X: Any, y: Any, sample_weight: Any, listeners: Sequence[Listener], given: dict[str, Any]
) -> tuple[Asked, Outside]:  # fmt: skip
    """As `check`, made by all processes at the same time."""
    asked, outside = team.together(lambda: _check_here(run, X, y, listeners, given))
    return asked._replace(rows=joined(team, run, asked.rows, X, y, sample_weight)), outside


def _check_here(run: Run, X: Any, y: Any, listeners: Sequence[Listener], given: dict[str, Any]) -> tuple[Asked, Outside]:
    """What can be seen in one process: weights are looked at where all are known."""
    for name in ("validation_split", "training_metrics"):
        if given[name]:
            raise ValueError(f"{name} is {given[name]!r}, which needs all rows in one process; with MPI(rows='own') give validation_data")
    return check(run, X, y, None, listeners, **given)


def joined(team: Team, run: Run, own: Rows, X: Any, y: Any, sample_weight: Any) -> Joined:
    """The data set of which each process was given a part; ValueError in all where these are not of one kind."""
    weights = team.together(lambda: _float64(sample_weight, own.n_rows))
    _check_alike(team, run, own, X, weights)
    spans = spans_of_sizes(team.all_of(own.n_rows))
    every = None if weights is None else gathered(team, weights, spans, 0, spans[-1].end)[:, 0]
    labels = own.targets[:1]
    if run.class_weight is not None:
        # What a class counts depends on how many rows of it there are.
        mine = team.together(lambda: run.targets.check(y, own.n_rows))
        labels = gathered(team, np.ascontiguousarray(mine), spans, 0, spans[-1].end)
    labels = np.broadcast_to(labels, (spans[-1].end, labels.shape[1]))
    return Joined(team, own, spans, team.together(lambda: run.targets.weights(labels, every, training=True)))


def _float64(sample_weight: Any, rows: int) -> Array | None:
    """The weights of the rows of this process as a column; what is wrong with them is seen where all are."""
    if sample_weight is None:
        return None
    weights = numeric(sample_weight, "sample_weight")
    if weights.shape != (rows,):
        raise ValueError(f"sample_weight has shape {weights.shape}; expected ({rows},), one a row of X")
    found: Array = weights.astype(np.float64)[:, np.newaxis]
    return found


def _check_alike(team: Team, run: Run, own: Rows, X: Any, weights: Array | None) -> None:
    inputs = own.arrays[0]
    told = {
        "X": f"{inputs.dtype} with {counted(inputs.shape[1], 'column')}",
        "columns of X": ", ".join(run.model.names_for(X) or ()) or "without names",
        "y": f"{own.targets.dtype} with {counted(own.target_width, 'column')}",
        "sample_weight": "not given" if weights is None else "given",
    }
    first, *others = team.all_of(told)
    for rank, theirs in enumerate(others, 1):
        for name, what in theirs.items():
            if what != first[name]:
                raise ValueError(
                    f"{name} of rank {rank} is {what}, of rank 0 {first[name]}; with MPI(rows='own') each process gives a part of the rows "
                    "of one data set: expected the same columns and types in all"
                )
