"""A call of ``fit``: all that it was given is checked before anything changes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from fastbp._names import integer, lookup, real
from fastbp._table import attribute
from fastbp.data.rows import Rows
from fastbp.training.engine import Engine
from fastbp.training.fitting import Fit
from fastbp.training.guard import Guard
from fastbp.training.history import History
from fastbp.training.listener import Listener
from fastbp.training.measures import Measures, measures_of_fit
from fastbp.training.progress import check_progress
from fastbp.training.run import Run
from fastbp.training.sets import check_sets


def fit_of(run: Run) -> Callable[..., History]:
    """What makes the calls of a run: `fit`, or that of several processes."""
    return fit if run.distributed is None else cast("Callable[..., History]", attribute("fastbp.distributed.fitting", "fit"))


def fit(
    run: Run, engine: Engine, guard: Guard, X: Any, y: Any, sample_weight: Any, listeners: Sequence[Listener], **given: Any
) -> History:  # fmt: skip
    """As `Trainer.fit`."""
    asked = check(run, X, y, sample_weight, **given)
    with run.model.turns.use("fit"):
        begin(run, engine, guard, X, asked, listeners).train(asked.epochs)
        run.resumed = False
    return run.history


class Asked(NamedTuple):
    """What a call was given, checked."""

    rows: Rows
    measures: Measures
    epochs: int
    shown: bool
    deadline: float | None
    raises: bool


def check(
    run: Run, X: Any, y: Any, sample_weight: Any, *, epochs: int, validation_data: tuple[Any, ...] | None, validation_split: float | None,
    metrics: Any, training_metrics: bool, progress: bool | str, time_limit: float | None, on_interrupt: str,
) -> Asked:  # fmt: skip
    """Look at all of it; ValueError or TypeError for what cannot be."""
    rows, validation = check_sets(run, X, y, sample_weight, validation_data, validation_split)
    return Asked(
        rows,
        measures_of_fit(run, metrics, training_metrics, rows, validation, sample_weight),
        integer(epochs, "epochs", least=0),
        check_progress(progress),
        None if time_limit is None else time.perf_counter() + real(time_limit, "time_limit", exclusive=True),
        lookup(on_interrupt, {"return": False, "raise": True}, "on_interrupt"),
    )


def begin(run: Run, engine: Engine, guard: Guard, X: Any, asked: Asked, listeners: Sequence[Listener]) -> Fit:
    """What trains. The model has the caller's data from here on."""
    run.check_optimizer()
    whole = Fit(run, engine, guard, asked.rows, asked.measures, listeners, asked.shown, asked.deadline, asked.raises)
    run.keep_output()
    run.model.keep_names(X)
    difference = run.recognise(asked.rows)
    if difference:
        # Told where the user called the trainer.
        warnings.warn(f"the data are not those of the run that was resumed: {difference}", UserWarning, stacklevel=4)
    return whole
