"""Calls that train or look at one batch: the rows come with the call."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows, as_they_lie
from fastbp.optimizers import Optimizer
from fastbp.processors.turns import User
from fastbp.training.divergence import unexplained
from fastbp.training.engine import Engine
from fastbp.training.few import FewRows
from fastbp.training.guard import Guard
from fastbp.training.run import Run


class SingleCalls:
    """One update, or one gradient. Of a few rows they cost microseconds, so that what may be kept from call to call is."""

    def __init__(self, run: Run, engine: Engine, guard: Guard) -> None:
        self._run, self._engine, self._guard = run, engine, guard
        self._few, self._turns, self._user = FewRows(run), run.model.turns, User("step")
        self._activations: Any = None  # when the output was last looked at

    def step(self, X: Any, y: Any, sample_weight: Any) -> float:
        """As `Trainer.step`."""
        run, turns, user = self._run, self._turns, self._user
        if user.is_elsewhere():
            user = self._user = User("step")
        try:
            turns.users.append(user)
            if turns.users[0] is not user:
                turns.check(user)
            few = self._few.take(X, y) if sample_weight is None else None
            again = few is not None and self._guard.is_current and self._engine.can_step_again(few)
            rows = None if again else self._checked(few, X, y, sample_weight)
            turns.begin_change()
            run.averages.hide()
            return self._update(rows, rows is few)
        finally:
            if turns.changes and turns.users[0] is user:
                turns.end_change()
            turns.users.remove(user)

    def _checked(self, few: Rows | None, X: Any, y: Any, sample_weight: Any) -> Rows:
        """The rows, with all else in order, too."""
        run = self._run
        rows = run.check(X, y, sample_weight) if few is None else few
        run.check_optimizer()
        if not isinstance(run.optimizer, Optimizer):
            raise TypeError(f"step makes one update by a rule; {type(run.optimizer).__name__} takes the whole set: call fit")
        if self._activations is not run.model.activations:
            if run.distributed is not None:
                raise TypeError("step makes one update in one process; with distributed=... call fit, which shares it out")
            run.keep_output()
            self._activations = run.model.activations
        if few is None:
            run.model.keep_names(X)
        return rows

    def _update(self, rows: Rows | None, repeatable: bool) -> float:
        """A step on rows; without, the last one once more."""
        guard, engine = self._guard, self._engine
        if not guard.is_current:
            guard.begin()
        losses = engine.step_again() if rows is None else engine.step(rows, repeatable)
        if not guard.single_step_is_well(losses):
            steps = self._run.steps
            guard.go_back()
            raise unexplained(self._run, steps)
        return float(losses[0])

    def loss_and_gradient(self, X: Any, y: Any, sample_weight: Any) -> tuple[float, Array]:
        """As `Trainer.loss_and_gradients`, the gradient flat. A callback may call it while ``fit`` has the model."""
        rows = self._run.check(X, y, sample_weight)
        with self._turns.use("loss_and_gradients", inside=True):
            self._run.match_output()
            return self._engine.gradients(rows, as_they_lie(rows.n_rows))

    def gradient_norms(self, X: Any, y: Any, sample_weight: Any) -> NDArray[np.float64]:
        """As `Trainer.gradient_norms`."""
        rows = self._run.check(X, y, sample_weight)
        with self._turns.use("gradient_norms", inside=True):
            self._run.match_output()
            return self._engine.row_norms(rows, as_they_lie(rows.n_rows))
