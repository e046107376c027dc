"""Least squares by fastbp's solvers, by Adam, by scikit-learn's lbfgs and by scipy's least_squares: iterations and seconds to one error.

    pip install -e ".[examples,scipy]"
    python -m benchmarks.solvers                       # all tasks, at most 5 seconds for each way
    python -m benchmarks.solvers --seconds 20 --only sensor,lanczos3

All begin at the same weights, in float64 and on the whole set; what is compiled has been before. The error to be reached is 1 % above the
lowest that any of them came to. Rat42, Misra1a and Lanczos3 are of NIST's Statistical Reference Datasets for nonlinear regression, whose
models are nets of one hidden layer but for a constant; inputs and targets are standardised. scikit-learn keeps no losses: it is run anew
with 2, 4, 8 iterations and so on, and the first run that reaches the error counts.
"""

import argparse
import time
import warnings
from typing import NamedTuple

import numpy as np

import fastbp
from fastbp.jacobian import Jacobian

RAT42 = [9, 14, 21, 28, 42, 57, 63, 70, 79], [8.93, 10.8, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08]
MISRA1A = (
    [77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760],
    [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78],
)


class Task(NamedTuple):
    """Data, and the net for them."""

    X: np.ndarray
    y: np.ndarray
    hidden: int
    activation: str
    seed: int = 0

    def model(self):
        """The net where all begin."""
        return fastbp.MLP([self.X.shape[1], self.hidden, 1], activation=self.activation, dtype="float64", seed=self.seed)


def standard(array):
    """Mean 0 and deviation 1, column by column."""
    array = np.asarray(array, np.float64)
    return (array - array.mean(axis=0)) / array.std(axis=0)


def curve(x, y, hidden, activation):
    """A task with one input."""
    return Task(standard(x)[:, np.newaxis], standard(y), hidden, activation)


def sensor(rows, noise):
    """A pressure sensor: bridge voltage and temperature to pressure, with a bent characteristic and a drift."""
    random = np.random.default_rng(0)
    voltage, warmth, supply = random.uniform(-1, 1, (3, rows))
    pressure = np.tanh(1.5 * voltage) * (1 + 0.2 * warmth) + 0.1 * warmth**2 + 0.3 * supply * voltage
    return Task(np.column_stack([voltage, warmth, supply]), standard(pressure + random.normal(0, noise, rows)), 12, "tanh")


def tasks():
    """All of them by name."""
    x = np.arange(24) * 0.05
    lanczos = np.round(0.0951 * np.exp(-x) + 0.8607 * np.exp(-3 * x) + 1.5576 * np.exp(-5 * x), 4)
    return {
        "rat42": curve(*RAT42, 1, "sigmoid"),
        "misra1a": curve(*MISRA1A, 1, "exponential"),
        "lanczos3": curve(x, lanczos, 3, "exponential"),
        "sensor": sensor(500, 0.02),
        "sensor_exact": sensor(500, 0.0),
    }


def by_fastbp(task, optimizer, seconds):
    """Iterations, seconds and loss after each epoch."""
    trainer = fastbp.Trainer(task.model(), loss="squared_error", optimizer=optimizer, batch_size=None)
    history = trainer.fit(task.X, task.y, epochs=1_000_000, time_limit=seconds, progress=False)
    losses = [*history.loss[1:], trainer.evaluate(task.X, task.y)["loss"]][: len(history)]
    return list(zip(range(1, len(losses) + 1), np.cumsum(history.seconds), losses, strict=True))


def by_sklearn(task, seconds):
    """The same of runs of 2, 4, 8 iterations and so on, as long as there is time."""
    from sklearn.neural_network import MLPRegressor

    names = {"sigmoid": "logistic", "tanh": "tanh"}
    if task.activation not in names:
        return []
    model, points, count, begin = task.model(), [], 2, time.perf_counter()
    settings = {"hidden_layer_sizes": task.hidden, "activation": names[task.activation], "solver": "lbfgs", "alpha": 0, "tol": 0}
    while time.perf_counter() - begin < seconds and (not points or points[-1][0] == count // 2):
        found = MLPRegressor(**settings, max_iter=1, max_fun=10**9, warm_start=True).fit(task.X, task.y)
        found.coefs_, found.intercepts_ = [w.copy() for w in model.weights], [b.copy() for b in model.biases]
        start = time.perf_counter()
        found.set_params(max_iter=count).fit(task.X, task.y)
        points.append((found.n_iter_, time.perf_counter() - start, 2 * found.loss_))
        count *= 2
    return points


def by_scipy(task, seconds):
    """Evaluations, seconds and loss of each, by MINPACK's Levenberg-Marquardt with the same Jacobian."""
    from scipy.optimize import least_squares

    model, points, begin = task.model(), [], time.perf_counter()
    jacobian = Jacobian(model.network, model.activations)

    def residuals(p):
        model.network.parameters[jacobian.places] = p
        found = (jacobian.outputs(task.X)[:, 0] - task.y) / np.sqrt(len(task.y))
        points.append((len(points) + 1, time.perf_counter() - begin, float(found @ found)))
        if points[-1][1] > seconds:
            raise TimeoutError
        return found

    def derivatives(p):
        model.network.parameters[jacobian.places] = p
        return jacobian.of(task.X)[1][:, 0] / np.sqrt(len(task.y))

    method = "lm" if len(task.y) >= jacobian.places.size else "trf"
    try:
        start = model.network.parameters[jacobian.places].copy()
        least_squares(residuals, start, derivatives, method=method, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=10**6)
    except TimeoutError:
        pass
    return points


def ways(seconds):
    """How each way trains a task."""
    return {
        "fastbp LevenbergMarquardt": lambda task: by_fastbp(task, fastbp.LevenbergMarquardt(tolerance=1e-13), seconds),
        "fastbp LBFGS": lambda task: by_fastbp(task, fastbp.LBFGS(tolerance=1e-13), seconds),
        "fastbp Adam(0.01)": lambda task: by_fastbp(task, fastbp.Adam(0.01), seconds),
        "scikit-learn lbfgs": lambda task: by_sklearn(task, seconds),
        "scipy least_squares": lambda task: by_scipy(task, seconds),
    }


def main(arguments=None):
    """Print a table for each task."""
    every = tasks()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each way (default: %(default)s)")
    parser.add_argument("--only", default=",".join(every), help="some of %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the weights that all begin at (default: %(default)s)")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    for name in options.only.split(","):
        task = every[name]._replace(seed=options.seed)
        # What there is to compile, or to load.
        for way in ways(0.2).values():
            way(task)
        found = {way: points for way, train in ways(options.seconds).items() if (points := train(task))}
        best = min(loss for points in found.values() for *_, loss in points)
        print(f"\n{name}: {len(task.y)} rows, {task.model().n_parameters} parameters; error to reach: {1.01 * best:.3g}")
        print(f"{'':28}{'iterations':>12}{'seconds':>10}{'lowest error':>14}")
        for way, points in found.items():
            steps, took = next(((str(step), f"{after:.4f}") for step, after, loss in points if loss <= 1.01 * best), ("-", "-"))
            print(f"{way:28}{steps:>12}{took:>10}{min(loss for *_, loss in points):>14.3g}", flush=True)


if __name__ == "__main__":
    main()
