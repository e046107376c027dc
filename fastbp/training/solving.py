"""Iterations of a solver: what it sees of the run, and where what it keeps is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows, as_they_lie
from fastbp.solvers import Kept, Point, Solver
from fastbp.training.run import Run

#: Loss and flat gradient over a set, in so many tasks, at the model's parameters.
Gradients: TypeAlias = Callable[[Rows, NDArray[np.int64], int], tuple[float, Array]]


class Solving:
    """The loss of a run over a whole set as a solver asks for it."""

    def __init__(self, run: Run, gradients: Gradients, rows: Rows) -> None:
        self._run, self._gradients, self.rows, self._order = run, gradients, rows, as_they_lie(rows.n_rows)
        self.tasks = 1
        self._last: tuple[Array, Point] | None = None  # what was computed last, and at which parameters

    @property
    def parameters(self) -> Array:
        """The model's own."""
        parameters: Array = self._run.model.network.parameters
        return parameters

    def here(self) -> Point:
        """Loss and gradient at the model's parameters."""
        if self._last is None or not np.array_equal(self._last[0], self.parameters):
            loss, gradient = self._gradients(self.rows, self._order, self.tasks)
            self._last = self.parameters.copy(), Point(loss, gradient.astype(np.float64))
        return self._last[1]

    def at(self, parameters: NDArray[np.float64]) -> Point:
        """The same elsewhere; the model has these parameters then."""
        # What is too large for the type, the loss will show.
        with np.errstate(over="ignore"):
            self.parameters[:] = parameters
        return self.here()

    def reason_to_stop(self) -> str:
        """Why the solver should make no further iteration; empty where there is no reason."""
        solver = self._run.optimizer
        assert isinstance(solver, Solver)
        self._run.memory.adapt(solver)
        return solver.reason_to_stop(self, self._kept())

    def advance(self, solver: Solver, count: int) -> Array:
        """Up to `count` iterations; the loss before each."""
        memory, losses = self._run.memory, list[float]()
        while len(losses) < count and not (losses and self.reason_to_stop()):
            start = self.parameters.copy()
            try:
                loss, factors = solver.advance(self, self._kept())
            except BaseException:
                self.parameters[:] = start
                raise
            memory.steps, memory.factors = memory.steps + 1, factors
            self._run.position.steps += 1
            losses.append(loss)
        return np.array(losses)

    def _kept(self) -> Kept:
        memory = self._run.memory
        return Kept(memory.steps, memory.slots, memory.factors)
