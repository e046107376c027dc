"""L-BFGS: its recursion, its search, when it stops, and what it comes to."""

import warnings

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor
from small_task import LABELS, TARGETS, X, bits, make

import fastbp
from fastbp.solvers import Kept, Point
from fastbp.solvers.lbfgs import _direction, _known, _remember

RANDOM = np.random.default_rng(0)


class Quadratic:
    """(p - best)^T A (p - best) / 2, with a count of evaluations."""

    def __init__(self, curvature, best, parameters):
        self.curvature, self.best, self.parameters, self.count, self.last = curvature, best, parameters, 0, None

    def here(self):
        if self.last is None or not np.array_equal(self.last[0], self.parameters):
            self.count += 1
            away = self.parameters - self.best
            self.last = self.parameters.copy(), Point(float(away @ self.curvature @ away) / 2, self.curvature @ away)
        return self.last[1]

    def at(self, parameters):
        self.parameters[:] = parameters
        return self.here()


def inverse_by_bfgs(pairs):
    """The update formula in matrices, from the oldest pair to the newest, from (s y / y y) I."""
    s, y = pairs[-1]
    inverse = s @ y / (y @ y) * np.eye(len(s))
    for s, y in pairs:
        left = np.eye(len(s)) - np.outer(s, y) / (s @ y)
        inverse = left @ inverse @ left.T + np.outer(s, s) / (s @ y)
    return inverse


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_the_direction_is_that_of_the_matrices(count):
    factor = RANDOM.normal(size=(6, 6))
    steps = RANDOM.normal(size=(count, 6))
    pairs = [(s, (factor @ factor.T + np.eye(6)) @ s) for s in steps]
    slots, known = np.zeros((8, 6)), _known(Kept(0, np.zeros(0), np.ones(5)), 4)
    for s, y in pairs:
        known = _remember(slots, known, s, y)
    gradient = RANDOM.normal(size=6)
    np.testing.assert_allclose(_direction(gradient, slots, known), -inverse_by_bfgs(pairs[-4:]) @ gradient, rtol=1e-10)


def test_changes_along_which_the_gradient_falls_are_not_remembered():
    slots, known = np.zeros((4, 2)), _known(Kept(0, np.zeros(0), np.ones(5)), 2)
    assert _remember(slots, known, np.array([1.0, 0.0]), np.array([-1.0, 0.0])) == known and not slots.any()


def test_a_quadratic_of_few_dimensions_is_at_its_end_after_some_iterations():
    random, solver = np.random.default_rng(1), fastbp.LBFGS(tolerance=1e-9)
    factor = random.normal(size=(5, 5))
    problem = Quadratic(factor @ factor.T + np.eye(5), random.normal(size=5), np.zeros(5))
    kept, losses = Kept(0, np.zeros((20, 5)), np.ones(5)), []
    while not solver.reason_to_stop(problem, kept):
        loss, factors = solver.advance(problem, kept)
        losses.append(loss)
        kept = Kept(kept.steps + 1, kept.slots, factors)
    assert len(losses) < 25 and losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(problem.parameters, problem.best, atol=1e-8)
    assert problem.count == kept.factors[3] < 2 * len(losses), "each evaluation is counted, and made once"


def test_a_net_without_curves_comes_to_least_squares():
    model = fastbp.MLP([3, 1], dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LBFGS(tolerance=1e-12))
    assert trainer.fit(X, TARGETS[:, 1], epochs=100).stopped == "converged"
    design = np.column_stack([X.astype(float), np.ones(len(X))])
    wanted = np.linalg.lstsq(design, TARGETS[:, 1].astype(float), rcond=None)[0]
    np.testing.assert_allclose([*model.weights[0][:, 0], *model.biases[0]], wanted, atol=1e-9)


def test_weight_decay_is_of_all_weights_and_not_in_the_loss():
    model = fastbp.MLP([3, 1], dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LBFGS(tolerance=1e-12, weight_decay=0.3))
    begin = trainer.evaluate(X, TARGETS[:, 1])["loss"]
    trainer.fit(X, TARGETS[:, 1], epochs=100)
    design = np.column_stack([X.astype(float), np.ones(len(X))])
    # 2 / n A^T (A p - y) + 0.3 p = 0
    wanted = np.linalg.solve(2 / len(X) * design.T @ design + 0.3 * np.eye(4), 2 / len(X) * design.T @ TARGETS[:, 1])
    np.testing.assert_allclose([*model.weights[0][:, 0], *model.biases[0]], wanted, atol=1e-9)
    assert trainer.history.loss[0] == pytest.approx(begin, rel=1e-13)


@pytest.mark.parametrize("seed", range(6))
def test_it_ends_no_higher_than_scikit_learns(seed):
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(200, 3))
    targets = np.tanh(inputs @ [1.0, -2.0, 0.5]) + random.normal(0, 0.1, 200)
    settings = {"hidden_layer_sizes": 1, "activation": "tanh", "solver": "lbfgs", "alpha": 0, "tol": 1e-7, "max_fun": 10**6}
    theirs = MLPRegressor(**settings, max_iter=1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(inputs, targets)
        weights = [array.copy() for array in theirs.coefs_], [array.copy() for array in theirs.intercepts_]
        theirs.set_params(warm_start=True, max_iter=600).fit(inputs, targets)
    model = fastbp.MLP([3, 1, 1], activation="tanh", dtype="float64", init=weights)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LBFGS(tolerance=1e-7))
    trainer.fit(inputs, targets, epochs=600)
    assert trainer.evaluate(inputs, targets)["loss"] <= 2 * theirs.loss_ * (1 + 1e-6)


def test_it_stops_when_it_has_converged_and_stays_so_when_resumed(tmp_path):
    trainer = make(fastbp.LBFGS(tolerance=1e-2), loss="squared_error", dtype="float64")
    history = trainer.fit(X, TARGETS, epochs=500, callbacks=fastbp.Checkpoint(tmp_path / "run", every="1 epoch"))
    assert history.stopped == "converged" and 0 < trainer.epoch < 500
    _, dW, db = trainer.loss_and_gradients(X, TARGETS)
    assert max(np.abs(each).max() for each in dW + db) <= 1e-2
    before = bits(trainer)
    resumed = fastbp.Trainer.resume(tmp_path / "run")
    assert resumed.fit(X, TARGETS, epochs=5).stopped == trainer.fit(X, TARGETS, epochs=5).stopped == "converged"
    assert bits(trainer) == bits(resumed) == before
    assert trainer.fit(X, TARGETS + 1, epochs=5).stopped == "epochs", "other data are another task"


def test_where_rounding_hides_what_there_is_to_gain_it_has_converged_and_other_data_set_it_going_again(tmp_path):
    trainer = make(fastbp.LBFGS(tolerance=0), loss="squared_error", hidden=2)
    history = trainer.fit(X, TARGETS, epochs=5000, callbacks=fastbp.Checkpoint(tmp_path / "run", every="1000 epochs"))
    assert history.stopped == "converged" and history.loss[-1] <= history.loss[-2]
    resumed = fastbp.Trainer.resume(tmp_path / "run")
    assert resumed.fit(X, TARGETS, epochs=5).stopped == "converged" and bits(resumed) == bits(trainer)
    steps = trainer.steps
    trainer.fit(X, TARGETS + 1, epochs=3)
    assert trainer.steps == steps + 3


@pytest.mark.parametrize("watched", [False, True])
def test_it_stops_after_so_many_evaluations(watched):
    trainer = make(fastbp.LBFGS(max_evaluations=12), loss="cross_entropy", dtype="float64")
    history = trainer.fit(X, LABELS, epochs=50, validation_data=(X, LABELS) if watched else None)
    assert history.stopped == "max_evaluations" and 6 < trainer.epoch <= 12
    trainer.optimizer.max_evaluations = 30
    assert trainer.fit(X, LABELS, epochs=50).stopped == "max_evaluations" and trainer.epoch > 12


def test_another_history_size_begins_its_memory_anew():
    trainer = make(fastbp.LBFGS(), loss="squared_error", dtype="float64")
    trainer.fit(X, TARGETS, epochs=5)
    trainer.optimizer.history_size = 3
    trainer.fit(X, TARGETS, epochs=1)
    assert trainer.run.memory.slots.shape[0] == 6 and trainer.run.memory.factors[0] == 1
    assert trainer.history.loss[-1] < trainer.history.loss[0]


def test_weights_that_a_callback_changes_are_gone_on_from():
    class Moving(fastbp.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 3:
                run.model.weights[0][:] += 0.5

    trainer = make(fastbp.LBFGS(), loss="squared_error", dtype="float64")
    trainer.fit(X, TARGETS, epochs=8, callbacks=Moving())
    assert trainer.history.loss[3] > trainer.history.loss[2] and trainer.history.loss[-1] < trainer.history.loss[3]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"history_size": 0}, ValueError, "history_size is 0; expected an integer of at least 1"),
        ({"history_size": 2.5}, TypeError, r"history_size is 2\.5 of type float"),
        ({"max_evaluations": 0}, ValueError, "max_evaluations is 0; expected an integer of at least 1"),
        ({"tolerance": -1}, ValueError, "tolerance is -1"),
        ({"weight_decay": np.nan}, ValueError, "weight_decay is nan"),
    ],
)
def test_settings_outside_their_range_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        fastbp.LBFGS(**settings)
