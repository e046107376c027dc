"""Levenberg-Marquardt: its damping, its end, and what it comes to beside scipy."""

import numpy as np
import pytest
from scipy.optimize import least_squares
from small_task import LABELS, TARGETS, X, bits, make

import fastbp
from fastbp.solvers import Kept, Squares
from fastbp.solvers.levenberg_marquardt import _solved


class Rosenbrock:
    """r = (10 (y - x^2), 1 - x), which has its end at (1, 1)."""

    def __init__(self, x, y):
        self.parameters, self.places = np.array([x, y, 0.0]), np.array([0, 1])

    def residuals(self):
        x, y, _ = self.parameters
        return np.array([10 * (y - x * x), 1 - x])

    def squares(self):
        J, r = np.array([[-20 * self.parameters[0], 10.0], [-1.0, 0.0]]), self.residuals()
        return Squares(float(r @ r), J.T @ r, J.T @ J)

    def squared_error(self, parameters):
        self.parameters[:] = parameters
        r = self.residuals()
        return float(r @ r)


def test_a_step_by_hand():
    solver, problem = fastbp.LevenbergMarquardt(damping=0.5), Rosenbrock(0.0, 0.0)
    # J = [[0, 10], [-1, 0]], r = (0, 1): mu = 0.5 * 100, (diag(1, 100) + 50 I) h = (1, 0), h = (1 / 51, 0).
    loss, factors = solver.advance(problem, Kept(0, np.zeros((0, 3)), np.ones(3)))
    h = 1 / 51
    np.testing.assert_allclose(problem.parameters, [h, 0, 0], rtol=1e-14)
    after = 100 * h**4 + (1 - h) ** 2
    ratio = (1 - after) / (h * (50 * h + 1))
    np.testing.assert_allclose(factors[:2], [50 * max(1 / 3, 1 - (2 * ratio - 1) ** 3), 2], rtol=1e-13)
    assert loss == 1.0


def test_a_step_that_gains_nothing_is_not_made_and_the_damping_grows():
    # From (-1.2, 1) a Gauss-Newton step leads up.
    solver, problem = fastbp.LevenbergMarquardt(damping=1e-12), Rosenbrock(-1.2, 1.0)
    kept = Kept(0, np.zeros((0, 3)), np.ones(3))
    loss, factors = solver.advance(problem, kept)
    mu = 1e-12 * 577
    assert np.array_equal(problem.parameters, [-1.2, 1, 0]) and factors[1] == 4 and factors[0] == pytest.approx(2 * mu, rel=1e-12)
    again, factors = solver.advance(problem, Kept(1, kept.slots, factors))
    assert again == loss and factors[1] == 8 and factors[0] == pytest.approx(8 * mu, rel=1e-12)


def test_it_comes_to_the_end_of_a_bent_valley():
    solver, problem = fastbp.LevenbergMarquardt(tolerance=1e-12), Rosenbrock(-1.2, 1.0)
    kept = Kept(0, np.zeros((0, 3)), np.ones(3))
    while not solver.reason_to_stop(problem, kept):
        _, factors = solver.advance(problem, kept)
        kept = Kept(kept.steps + 1, kept.slots, factors)
    assert kept.steps < 60
    np.testing.assert_allclose(problem.parameters, [1, 1, 0], rtol=1e-9)


def test_what_is_not_positive_definite_gives_no_step():
    assert _solved(np.array([[1.0, 2.0], [2.0, 1.0]]), 0.0, np.ones(2)) is None
    np.testing.assert_allclose(_solved(np.eye(2), 1.0, np.ones(2)), [0.5, 0.5])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("decay", [0.0, 1e-3])
def test_it_ends_no_higher_than_scipys(decay, seed):
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(120, 2))
    targets = np.tanh(inputs @ [1.5, -1.0]) + random.normal(0, 0.1, 120)
    model = fastbp.MLP([2, 1, 1], activation="tanh", dtype="float64", seed=seed)
    parameters = [model.weights[0].copy(), model.biases[0].copy(), model.weights[1].copy(), model.biases[1].copy()]
    begin, ends = np.concatenate([part.ravel() for part in parameters]), np.cumsum([part.size for part in parameters])[:-1]

    def residuals(p):
        W, b, V, c = (part.reshape(like.shape) for part, like in zip(np.split(p, ends), parameters, strict=True))
        errors = (np.tanh(inputs @ W + b) @ V + c)[:, 0] - targets
        return np.concatenate([errors / np.sqrt(120), np.sqrt(decay / 2) * p])

    theirs = least_squares(residuals, begin, method="lm", xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=100_000)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.LevenbergMarquardt(weight_decay=decay))
    history = trainer.fit(inputs, targets, epochs=3000)
    p = np.concatenate([part.ravel() for both in zip(model.weights, model.biases, strict=True) for part in both])
    assert trainer.evaluate(inputs, targets)["loss"] + decay / 2 * (p**2).sum() <= 2 * theirs.cost * (1 + 1e-8)
    assert history.loss[0] == pytest.approx((residuals(begin)[:120] ** 2).sum(), rel=1e-12)


def test_it_stops_when_it_has_converged_and_stays_so_when_resumed(tmp_path):
    trainer = make(fastbp.LevenbergMarquardt(tolerance=1e-3), loss="squared_error", dtype="float64")
    history = trainer.fit(X, TARGETS, epochs=500, callbacks=fastbp.Checkpoint(tmp_path / "run", every="1 epoch"))
    assert history.stopped == "converged" and 0 < trainer.epoch < 500
    _, dW, db = trainer.loss_and_gradients(X, TARGETS)
    assert max(np.abs(each).max() for each in dW + db) <= 1e-3
    before = bits(trainer)
    resumed = fastbp.Trainer.resume(tmp_path / "run")
    assert resumed.fit(X, TARGETS, epochs=5).stopped == "converged" and bits(resumed) == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_that_are_lost_in_rounding_end_it(dtype, tmp_path):
    trainer = make(fastbp.LevenbergMarquardt(tolerance=0), loss="squared_error", hidden=1, dtype=dtype)
    history = trainer.fit(X, TARGETS, epochs=2000, callbacks=fastbp.Checkpoint(tmp_path / "run", every="1 epoch"))
    assert history.stopped == "converged" and history.loss == sorted(history.loss, reverse=True)
    resumed = fastbp.Trainer.resume(tmp_path / "run")
    assert resumed.fit(X, TARGETS, epochs=5).stopped == "converged" and bits(resumed) == bits(trainer)
    steps = trainer.steps
    trainer.fit(X, TARGETS + 1, epochs=3)
    assert trainer.steps == steps + 3


def test_weights_of_rows_count_as_rows():
    weighted, repeated = (make(fastbp.LevenbergMarquardt(), loss="squared_error", dtype="float64") for _ in range(2))
    twice = np.arange(len(X)) % 2 + 1
    weighted.fit(X, TARGETS, epochs=5, sample_weight=twice)
    repeated.fit(np.repeat(X, twice, axis=0), np.repeat(TARGETS, twice, axis=0), epochs=5)
    np.testing.assert_allclose(weighted.model.network.parameters, repeated.model.network.parameters, rtol=1e-6, atol=1e-8)


def test_a_blas_on_other_threads_changes_no_bit(run_python):
    code = (
        "import hashlib, numpy as np, fastbp\n"
        "X = np.random.default_rng(0).normal(size=(40, 10))\n"
        "model = fastbp.MLP([10, 40, 1], activation='tanh', dtype='float64', seed=0)\n"
        "fastbp.Trainer(model, loss='squared_error', optimizer='levenberg_marquardt').fit(X, X[:, 0] * X[:, 1], epochs=4)\n"
        "print(hashlib.sha256(model.network.parameters.tobytes()).hexdigest())"
    )
    assert run_python(code, OPENBLAS_NUM_THREADS="1") == run_python(code, OPENBLAS_NUM_THREADS="2")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"damping": 0}, ValueError, r"damping is 0\.0; expected a number in \(0, inf\)"),
        ({"tolerance": -1}, ValueError, "tolerance is -1"),
        ({"weight_decay": "a"}, TypeError, "weight_decay is 'a' of type str"),
    ],
)
def test_settings_outside_their_range_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        fastbp.LevenbergMarquardt(**settings)


def test_other_losses_and_larger_nets_are_refused_by_name():
    with pytest.raises(ValueError, match="loss is 'cross_entropy'; LevenbergMarquardt is for 'squared_error' alone"):
        make(fastbp.LevenbergMarquardt(), loss="cross_entropy")
    with pytest.raises(ValueError, match="the model has 2402 parameters; LevenbergMarquardt is for up to 2000: use LBFGS"):
        make(fastbp.LevenbergMarquardt(), loss="squared_error", hidden=400)
    trainer = make("adam", loss="cross_entropy")
    trainer.optimizer = "levenberg_marquardt"
    with pytest.raises(ValueError, match="LevenbergMarquardt is for 'squared_error' alone"):
        trainer.fit(X, LABELS, epochs=1)
    assert trainer.steps == 0
