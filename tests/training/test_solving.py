"""What a solver sees of a run."""

import numpy as np
import pytest
from small_task import TARGETS, X, make

import fastbp
from fastbp.training.solving import Solving


@pytest.fixture
def solving():
    """With a list of the tasks of each evaluation."""
    trainer, calls = make(fastbp.LBFGS(), loss="squared_error", dtype="float64"), []

    def gradients(rows, order, tasks):
        calls.append(tasks)
        return trainer._engine.gradients(rows, order, tasks)

    return trainer, Solving(trainer.run, gradients, trainer.run.check(X, TARGETS)), calls


def test_loss_and_gradient_are_those_of_the_model_and_computed_once(solving):
    trainer, problem, calls = solving
    loss, dW, _ = trainer.loss_and_gradients(X, TARGETS)
    here = problem.here()
    assert here.loss == loss and np.array_equal(here.gradient[: dW[0].size], dW[0].ravel()) and here.gradient.dtype == np.float64
    assert problem.here() is here and calls == [1]


def test_elsewhere_the_model_is_there(solving):
    trainer, problem, calls = solving
    moved = trainer.model.network.parameters + 0.25
    found = problem.at(moved)
    assert np.array_equal(trainer.model.network.parameters, moved) and found.loss == trainer.loss_and_gradients(X, TARGETS)[0]
    assert problem.here() is found and len(calls) == 1


def test_an_error_within_an_iteration_leaves_the_model_as_it_was(solving):
    trainer, problem, _ = solving
    before, count = trainer.model.network.parameters.copy(), []

    def failing(*arguments):
        count.append(arguments)
        if len(count) == 2:
            raise MemoryError
        return trainer._engine.gradients(*arguments)

    problem._gradients = failing
    with pytest.raises(MemoryError):
        problem.advance(trainer.optimizer, 3)
    assert np.array_equal(trainer.model.network.parameters, before) and trainer.steps == trainer.run.memory.steps == 0


def test_no_more_than_asked_for_and_no_more_than_there_is_to_do(solving):
    trainer, problem, _ = solving
    assert problem.advance(trainer.optimizer, 3).size == trainer.steps == 3
    trainer.optimizer.tolerance = 10.0
    assert problem.reason_to_stop() == "converged"
    assert problem.advance(trainer.optimizer, 3).size == 1, "the first is made: whoever asks for it has looked"


def test_after_a_fit_nothing_of_the_data_is_kept():
    trainer = make(fastbp.LBFGS(), loss="squared_error")
    trainer.fit(X, TARGETS, epochs=2)
    assert trainer._engine._solving is None


def test_squares_are_computed_once_where_the_model_is(solving):
    trainer, problem, _ = solving
    begin, squares = trainer.model.network.parameters.copy(), problem.squares()
    assert squares.loss == pytest.approx(problem.here().loss, rel=1e-12) and squares.slope.size == trainer.model.n_parameters
    moved = begin.copy()
    moved[problem.places] += 0.25
    elsewhere = problem.squared_error(moved)
    assert np.array_equal(trainer.model.network.parameters, moved)
    assert elsewhere == pytest.approx(trainer.loss_and_gradients(X, TARGETS)[0], rel=1e-12)
    trainer.model.network.parameters[:] = begin
    assert problem.squares() is squares


def test_a_squared_error_too_large_for_the_model_is_infinite():
    trainer = make(fastbp.LBFGS(), loss="squared_error")
    problem = Solving(trainer.run, trainer._engine.gradients, trainer.run.check(X, TARGETS))
    trainer.model.weights[-1][:] = 1e20
    assert problem.squared_error(trainer.model.network.parameters.astype(float)) == problem.squares().loss == np.inf
