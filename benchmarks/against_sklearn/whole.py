"""Whole fits with default settings: as many epochs and the same curves in float64, scores as good in float32."""

from __future__ import annotations

import warnings
from statistics import mean
from typing import Any, NamedTuple

import numpy as np

from benchmarks.against_sklearn.parity import LOSSES, Difference, between

DATA = "iris", "digits", "wine", "breast_cancer", "diabetes"
#: Of the mean score in float32, in points.
POINTS = 0.5


class Fits(NamedTuple):
    """What two whole fits came to."""

    name: str
    epochs: tuple[int, int]
    difference: Difference

    @property
    def is_same(self) -> bool:
        """As many epochs, the same curve."""
        return self.epochs[0] == self.epochs[1] and self.difference.losses <= LOSSES


class Scores(NamedTuple):
    """Mean scores on held-out rows over some seeds, as shares."""

    name: str
    theirs: float
    ours: float

    @property
    def is_same(self) -> bool:
        """Within half a point."""
        return abs(self.theirs - self.ours) <= POINTS / 100


def fits(name: str) -> Fits:
    """Both fitted to a data set as it is, with nothing but the random state given."""
    pair = [_fitted(kind(random_state=0), *_load(name)) for kind in _kinds(name)]
    return Fits(name, (pair[0].n_iter_, pair[1].n_iter_), between(*pair))


def scores(name: str, seeds: int) -> Scores:
    """Both in float32 on scaled rows, scored on a quarter that they have not seen."""
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    X, y = _load(name)
    # Of these targets the default rate has hardly learnt anything when the last epoch ends.
    rate = {"learning_rate_init": 0.1} if name == "diabetes" else {}
    found: tuple[list[float], list[float]] = ([], [])
    for seed in range(seeds):
        parts = train_test_split(StandardScaler().fit_transform(X).astype(np.float32), y, random_state=seed)
        for values, kind in zip(found, _kinds(name), strict=True):
            values.append(_fitted(kind(random_state=seed, max_iter=50, **rate), parts[0], parts[2]).score(parts[1], parts[3]))
    return Scores(name, mean(found[0]), mean(found[1]))


def _load(name: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(return_X_y=True)


def _kinds(name: str) -> tuple[type, type]:
    """scikit-learn's class, and ours."""
    from sklearn import neural_network

    import fastbp.sklearn

    kind = "MLPRegressor" if name == "diabetes" else "MLPClassifier"
    return getattr(neural_network, kind), getattr(fastbp.sklearn, kind)


def _fitted(estimator: Any, X: np.ndarray, y: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)
