"""A call of ``fit``: all that it was given is checked before anything changes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

from fastbp._names import integer, lookup, real
from fastbp.training.engine import Engine
from fastbp.training.fitting import Fit
from fastbp.training.guard import Guard
from fastbp.training.history import History
from fastbp.training.listener import Listener
from fastbp.training.measures import measures_of_fit
from fastbp.training.progress import check_progress
from fastbp.training.run import Run
from fastbp.training.sets import check_sets


def fit(
    run: Run, engine: Engine, guard: Guard, X: Any, y: Any, sample_weight: Any, listeners: Sequence[Listener], *, epochs: int,
    validation_data: tuple[Any, ...] | None, validation_split: float | None, metrics: Any, training_metrics: bool,
    progress: bool | str, time_limit: float | None, on_interrupt: str,
) -> History:  # fmt: skip
    """As `Trainer.fit`."""
    rows, validation = check_sets(run, X, y, sample_weight, validation_data, validation_split)
    measures = measures_of_fit(run, metrics, training_metrics, rows, validation, sample_weight)
    epochs = integer(epochs, "epochs", least=0)
    shown = check_progress(progress)
    deadline = None if time_limit is None else time.perf_counter() + real(time_limit, "time_limit", exclusive=True)
    raises = lookup(on_interrupt, {"return": False, "raise": True}, "on_interrupt")
    with run.model.turns.use("fit"):
        run.check_optimizer()
        whole = Fit(run, engine, guard, rows, measures, listeners, shown, deadline, raises)
        run.keep_output()
        run.model.keep_names(X)
        difference = run.recognise(rows)
        if difference:
            # Told where the user called `Trainer.fit`, which is wrapped.
            warnings.warn(f"the data are not those of the run that was resumed: {difference}", UserWarning, stacklevel=4)
        whole.train(epochs)
        run.resumed = False
    return run.history
