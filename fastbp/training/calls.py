"""One call of ``fit``: what it was given is checked, and then done."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from fastbp._names import integer, lookup
from fastbp._table import attribute
from fastbp.data.rows import Rows
from fastbp.processors.turns import User
from fastbp.training.engine import Engine
from fastbp.training.fitting import Fit
from fastbp.training.guard import Guard
from fastbp.training.history import History
from fastbp.training.listener import Listener
from fastbp.training.measures import Measures, measures_of_fit
from fastbp.training.outside import Outside, deadline_of
from fastbp.training.progress import check_progress
from fastbp.training.run import Run
from fastbp.training.sets import check_sets

# Whether Ctrl-C raises.
_ON_INTERRUPT = {"return": False, "raise": True}


class Asked(NamedTuple):
    """What ``fit`` was asked for, once it has been checked."""

    X: Any  # as it was given, perhaps with names of columns
    rows: Rows
    measures: Measures
    listeners: Sequence[Listener]
    epochs: int
    planned: int | None = None  # with those that another call is to make


def fit_of(run: Run) -> Callable[..., History]:
    """What makes the calls of a run: `fit`, or that of several processes."""
    return fit if run.distributed is None else cast("Callable[..., History]", attribute("fastbp.distributed.fitting", "fit"))


def fit(
    run: Run, engine: Engine, guard: Guard, X: Any, y: Any, sample_weight: Any, listeners: Sequence[Listener], **given: Any
) -> History:  # fmt: skip
    """As `Trainer.fit`."""
    return train(run, engine, guard, *check(run, X, y, sample_weight, listeners, **given))


def check(
    run: Run, X: Any, y: Any, sample_weight: Any, listeners: Sequence[Listener], *, epochs: int,
    validation_data: tuple[Any, ...] | None, validation_split: float | None, metrics: Any, training_metrics: bool, progress: bool | str,
    time_limit: float | None, on_interrupt: str,
) -> tuple[Asked, Outside]:  # fmt: skip
    """Look at all of it; ValueError or TypeError for what cannot be."""
    rows, validation = check_sets(run, X, y, sample_weight, validation_data, validation_split)
    measures = measures_of_fit(run, metrics, training_metrics, rows, validation, sample_weight)
    asked = Asked(X, rows, measures, listeners, integer(epochs, "epochs", least=0))
    return asked, Outside(check_progress(progress), deadline_of(time_limit), raises_on(on_interrupt))


def raises_on(on_interrupt: object) -> bool:
    """Whether Ctrl-C raises."""
    return lookup(on_interrupt, _ON_INTERRUPT, "on_interrupt")


def train(run: Run, engine: Engine, guard: Guard, asked: Asked, outside: Outside) -> History:
    """Do what was asked for."""
    users, user = run.model.turns.users, User("fit")
    # As `Turns.use`, which costs some microseconds more.
    try:
        users.append(user)
        run.model.turns.check(user)
        begin(run, engine, guard, asked, outside).train(asked.epochs, asked.planned)
        run.resumed = False
    finally:
        users.remove(user)
    return run.history


def begin(run: Run, engine: Engine, guard: Guard, asked: Asked, outside: Outside) -> Fit:
    """What trains. The model has the caller's data from here on."""
    run.check_optimizer()
    whole = Fit(run, engine, guard, asked.rows, asked.measures, asked.listeners, outside)
    run.keep_output()
    run.model.keep_names(asked.X)
    difference = run.recognise(asked.rows)
    if difference:
        # Told where the user called `Trainer.fit`, which is wrapped.
        warnings.warn(f"the data are not those of the run that was resumed: {difference}", UserWarning, stacklevel=6)
    return whole
