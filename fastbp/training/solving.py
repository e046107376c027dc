"""Iterations of a solver: what it sees of the run, and where what it keeps is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.jacobian import Jacobian
from fastbp.solvers import Kept, Point, Solver, Squares
from fastbp.training.least_squares import LeastSquares
from fastbp.training.run import Run

#: Loss and flat gradient over a set, in so many tasks, at the model's parameters.
Gradients: TypeAlias = Callable[[Rows, NDArray[np.int64], int], tuple[float, Array]]


class Solving:
    """The loss of a run over a whole set as a solver asks for it."""

    def __init__(self, run: Run, gradients: Gradients, rows: Rows) -> None:
        self._run, self._gradients, self.rows, self._order = run, gradients, rows, rows.order
        self.tasks = 1
        # What was computed last, and at which parameters.
        self._last: tuple[Array, Point] | None = None
        self._last_squares: tuple[Array, Squares] | None = None
        self._sums: LeastSquares | None = None

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
        self._move(parameters)
        return self.here()

    @property
    def places(self) -> NDArray[np.int64]:
        """Where the parameters lie among the flat ones."""
        return self._least_squares.jacobian.places

    def squares(self) -> Squares:
        """The squared error at the model's parameters as a sum of squares, in float64."""
        if self._last_squares is None or not np.array_equal(self._last_squares[0], self.parameters):
            found = self._least_squares.squares(self.tasks)
            self._last_squares = self.parameters.copy(), found._replace(loss=self._within(found.loss))
        return self._last_squares[1]

    def squared_error(self, parameters: NDArray[np.float64]) -> float:
        """The same elsewhere, without derivatives; the model has these parameters then."""
        self._move(parameters)
        return self._within(self._least_squares.loss())

    @property
    def _least_squares(self) -> LeastSquares:
        if self._sums is None:
            self._sums = LeastSquares(Jacobian(self._run.model.network, self._run.model.activations), self.rows)
        return self._sums

    def _within(self, loss: float) -> float:
        """The loss, infinite where it is too large for the model's type."""
        return loss if loss <= float(np.finfo(self.parameters.dtype).max) else np.inf

    def _move(self, parameters: NDArray[np.float64]) -> None:
        # What is too large for the type, the loss will show.
        with np.errstate(over="ignore"):
            self.parameters[:] = parameters

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
