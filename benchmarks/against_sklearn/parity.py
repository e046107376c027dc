"""Whether both libraries come to the same weights: every combination of settings, 100 steps in float64."""

from __future__ import annotations

import math
import warnings
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

_ROWS, _INPUTS, _BATCH, _STEPS = 100, 6, 10, 100
# L-BFGS magnifies rounding errors from iteration to iteration: so many are compared, and beside these as many more with scikit-learn's own
# results on the rows in reverse order, which are as far apart.
_ITERATIONS = 15
ITERATIONS = 15, 20, 40
#: Weights may differ by so much, losses by so much of theirs.
WEIGHTS, LOSSES = 1e-10, 1e-8

TASKS = {
    "binary": "log_loss, two classes", "classes": "log_loss, three classes", "labels": "log_loss, many labels",
    "values": "squared_error", "counts": "poisson",
}  # fmt: skip
_CLASSES = "binary", "classes", "labels"
SOLVERS = "sgd", "adam", "lbfgs"
ACTIVATIONS = "identity", "logistic", "tanh", "relu"
_BOTH = False, True
# What each solver heeds; momentum with Nesterov's form or without.
_STEPPED = {"way": ("fit", "early stopping", "warm start", "partial_fit"), "shuffle": _BOTH}
_OF_SOLVER: dict[str, dict[str, tuple]] = {
    "sgd": {"learning_rate": ("constant", "invscaling", "adaptive"), "momentum": ("0", "0.9", "0.9 nesterov"), **_STEPPED},
    "adam": _STEPPED,
    "lbfgs": {"way": ("fit", "warm start")},
}
_OF_ALL = {"activation": ACTIVATIONS, "task": tuple(TASKS), "alpha": (0.0, 0.1), "sample_weight": _BOTH}


class Difference(NamedTuple):
    """The largest of all weights and biases, and of the curve of losses, as a share."""

    weights: float
    losses: float

    @property
    def is_small(self) -> bool:
        """Within what is promised; NaN is not."""
        return self.weights <= WEIGHTS and self.losses <= LOSSES


def combinations(solver: str) -> list[dict[str, Any]]:
    """All that can be combined with a solver."""
    choices = _OF_ALL | _OF_SOLVER[solver]
    return [{"solver": solver} | dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())]


@cache
def data() -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Inputs, targets by task, weights of rows."""
    random = np.random.default_rng(0)
    X = random.standard_normal((_ROWS, _INPUTS))
    z = X @ random.standard_normal((_INPUTS, 3)) + random.normal(0, 0.3, (_ROWS, 3))
    targets = {
        "binary": z[:, 0] > 0,
        "classes": z.argmax(axis=1),
        "labels": (z > 0) * 1,
        "values": z,
        "counts": random.poisson(np.exp(z / 4)),
    }
    return X, targets, random.uniform(0.1, 2.0, _ROWS)


def difference(combination: dict[str, Any]) -> Difference:
    """Between the estimators of both, trained alike."""
    from sklearn import neural_network

    import fastbp.sklearn

    return between(*(_trained(module, combination) for module in (neural_network, fastbp.sklearn)))


def magnified(combination: dict[str, Any], iterations: int) -> tuple[float, float]:
    """By L-BFGS, between the weights of both; and between scikit-learn's own, with the rows in their order and in reverse."""
    from sklearn import neural_network

    import fastbp.sklearn

    longer = combination | {"iterations": iterations}
    theirs, ours = (_trained(module, longer) for module in (neural_network, fastbp.sklearn))
    return between(theirs, ours).weights, between(theirs, _trained(neural_network, longer, reverse=True)).weights


def between(theirs: Any, ours: Any) -> Difference:
    """What tells two fitted estimators apart; infinite where their arrays or curves are of other sizes."""
    arrays = list(zip(theirs.coefs_ + theirs.intercepts_, ours.coefs_ + ours.intercepts_, strict=True))
    curves = [np.asarray(getattr(each, "loss_curve_", [each.loss_])) for each in (theirs, ours)]
    if curves[0].shape != curves[1].shape:
        return Difference(math.inf, math.inf)
    apart = np.abs(curves[0] - curves[1]) / np.abs(curves[0])
    return Difference(max(float(np.abs(a - b).max()) for a, b in arrays), float(apart.max()))


def _trained(module: Any, combination: dict[str, Any], *, reverse: bool = False) -> Any:
    settings, way = _settings(combination), combination["way"]
    kind = module.MLPRegressor if combination["task"] in ("values", "counts") else module.MLPClassifier
    estimator = kind(**settings)
    X, targets, weights = data()
    order = slice(None, None, -1 if reverse else 1)
    X, y = X[order], targets[combination["task"]][order]
    weighted = {"sample_weight": weights[order]} if combination["sample_weight"] else {}
    calls = {"warm start": 2, "partial_fit": _STEPS * _BATCH // _ROWS}.get(way, 1)
    if way == "partial_fit" and combination["task"] in _CLASSES:
        weighted["classes"] = np.unique(y) if y.ndim == 1 else np.arange(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(calls):
            getattr(estimator, "partial_fit" if way == "partial_fit" else "fit")(X, y, **weighted)
    return estimator


def _settings(combination: dict[str, Any]) -> dict[str, Any]:
    """Parameters of both estimators, so that as many steps are made as there should be."""
    solver, way = combination["solver"], combination["way"]
    steps = (
        combination.get("iterations", _ITERATIONS)
        if solver == "lbfgs"
        else math.ceil(_STEPS / math.ceil(_ROWS * (0.9 if way == "early stopping" else 1) / _BATCH))
    )
    settings = {
        "hidden_layer_sizes": (8, 5), "batch_size": _BATCH, "random_state": 0, "solver": solver, "n_iter_no_change": steps, "tol": 1e-12,
        "max_iter": steps // 2 if way == "warm start" else steps, "warm_start": way == "warm start",
        "early_stopping": way == "early stopping", "learning_rate_init": 0.01,
    }  # fmt: skip
    settings |= {name: combination[name] for name in ("activation", "alpha", "shuffle", "learning_rate") if name in combination}
    if "momentum" in combination:
        momentum, _, form = combination["momentum"].partition(" ")
        settings |= {"momentum": float(momentum), "nesterovs_momentum": form == "nesterov"}
    if combination["task"] == "counts":
        settings["loss"] = "poisson"
    # The rate falls every third epoch.
    return settings | ({"n_iter_no_change": 2, "tol": 1e3} if combination.get("learning_rate") == "adaptive" else {})
