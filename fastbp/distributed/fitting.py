"""A call of ``fit`` on several processes: the first leads, and runs it as one alone would; the others make steps when it says so."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Sequence
from typing import Any

from fastbp.data.rows import Rows
from fastbp.distributed.leading import Leading
from fastbp.distributed.own_rows import check_own
from fastbp.distributed.pulse import Pulse
from fastbp.distributed.team import Team, portable, team
from fastbp.distributed.working import Working
from fastbp.solvers import describe_method, described_method
from fastbp.training.calls import begin, check
from fastbp.training.engine import Engine
from fastbp.training.fitting import Fit
from fastbp.training.guard import Guard
from fastbp.training.history import History
from fastbp.training.listener import Listener
from fastbp.training.outside import Outside
from fastbp.training.run import Run

# Parts of the run that all processes have when `fit` has ended. The optimizer's memory is the leader's, who writes the files.
_SHARED = ("model", "epoch", "history", "plan", "average", "plateaus")
# Settings that must be the same in all.
_ALIKE = ("model", "loss", "shards", "mixup", "average", "class_weight", "missing_targets", "distributed")


def fit(
    run: Run, engine: Engine, guard: Guard, X: Any, y: Any, sample_weight: Any, listeners: Sequence[Listener], **given: Any
) -> History:  # fmt: skip
    """As `Trainer.fit`, made by all processes at the same time."""
    all_of_us, own = team(), run.distributed
    heard = listeners if all_of_us.leads else ()
    with Pulse(all_of_us, None if own is None else own.timeout):
        run.seed = all_of_us.first_of(run.seed)
        _check_settings(all_of_us, run)
        if own is not None and own.rows == "own":
            asked, outside = check_own(all_of_us, run, X, y, sample_weight, heard, given)
        else:
            asked, outside = all_of_us.together(lambda: check(run, X, y, sample_weight, heard, **given))
        with run.model.turns.use("fit"):
            whole = all_of_us.together(lambda: begin(run, engine, guard, asked, outside))
            _check_data(all_of_us, run)
            if all_of_us.leads:
                _lead(all_of_us, run, engine, whole, asked.epochs)
            else:
                _work(all_of_us, run, engine, asked.rows, outside)
            run.resumed = False
    return run.history


def _lead(own: Team, run: Run, engine: Engine, whole: Fit, epochs: int) -> None:
    ranks, optimizer, failure = Leading(own, run), copy.copy(run.optimizer), None
    engine.join(ranks)
    run.memory.collect = ranks.collect_slots
    try:
        whole.train(epochs)
    except BaseException as error:
        failure = portable(error)
        raise
    finally:
        run.memory.collect_all()
        engine.join(None)
        run.memory.collect = None
        states = {name: run.parts[name].state() for name in _SHARED}
        ranks.end((states, None if run.optimizer == optimizer else _described(run), failure))


def _described(run: Run) -> dict[str, Any] | None:
    """An optimizer that callbacks have changed, for the others; None for what can only be known here."""
    try:
        return describe_method(run.optimizer)
    except (TypeError, ValueError):
        return None


def _work(own: Team, run: Run, engine: Engine, rows: Rows, outside: Outside) -> None:
    run.averages.hide()
    with outside.interrupt(run.model.turns) as interrupt, interrupt.held():
        try:
            states, optimizer, failure = Working(own, run, engine, rows, interrupt).serve()
        except BaseException:
            traceback.print_exc()
            own.end_all()
            raise
        for name in _SHARED:
            run.parts[name].load_state(states[name])
        run.plateaus.follow(run.epoch)
        if optimizer is not None:
            run.optimizer = described_method(optimizer)
        if failure is not None:
            raise failure


def _check_settings(own: Team, run: Run) -> None:
    """Raise ValueError in all processes where they do not train the same model in the same way."""
    first, *others = own.all_of({name: str(getattr(run, name)) for name in _ALIKE})
    for rank, theirs in enumerate(others, 1):
        for name in _ALIKE:
            if theirs[name] != first[name]:
                raise ValueError(f"{name} of rank {rank} is {theirs[name]}, of rank 0 {first[name]}; expected the same script on all")


def _check_data(own: Team, run: Run) -> None:
    """Raise ValueError in all processes where they have other data."""
    data, *others = own.all_of(run.data.known or {})
    for rank, its_data in enumerate(others, 1):
        names = [name for name in {**data, **its_data} if data.get(name) != its_data.get(name)]
        if names:
            raise ValueError(
                f"rank {rank} has other data than rank 0 ({', '.join(names)}); expected the same arrays in all processes, which share out "
                "the rows of each batch: an array that each reads from one file, or np.load(..., mmap_mode='r'); where each has a part of "
                "the rows, fastbp.MPI(rows='own')"
            )
