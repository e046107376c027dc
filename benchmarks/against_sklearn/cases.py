"""What is timed: nets of a thousand to 25 million weights for equal epochs, and whole fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """Data, and settings of `MLPClassifier`; whatever is not set is its default, the batch of 200 rows too.

    `goal` is how many times as fast fastbp ought to be on all cores; None: whatever comes out.
    """

    name: str
    rows: int
    make: Callable[[int], tuple[Any, np.ndarray]]
    settings: dict[str, Any] = field(default_factory=dict)
    weights: int = 0
    goal: float | None = None

    @property
    def is_net(self) -> bool:
        """Whether it is trained for as many epochs as are asked for."""
        return self.weights > 0

    def data(self, dtype: str) -> tuple[Any, np.ndarray]:
        """Inputs of that type, and labels."""
        X, y = self.make(self.rows)
        return X.astype(dtype), y


def _dense(n_inputs: int, n_classes: int) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Labels that a net can learn: the largest of random projections."""

    def make(rows: int) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(0)
        X = random.standard_normal((rows, n_inputs))
        return X, (X @ random.standard_normal((n_inputs, n_classes))).argmax(axis=1)

    return make


def _digits(rows: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)


def _forest(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """As the forest covers are: 10 measures and 44 flags in two groups, seven classes."""
    random = np.random.default_rng(0)
    groups = [np.eye(count)[random.integers(0, count, rows)] for count in (4, 40)]
    X = np.hstack([random.standard_normal((rows, 10)), *groups])
    hidden = np.tanh(X @ random.standard_normal((54, 20)) / 3)
    return X, (hidden @ random.standard_normal((20, 7)) + random.normal(0, 0.5, (rows, 7))).argmax(axis=1)


def _text(rows: int) -> tuple[Any, np.ndarray]:
    """As counted words are: 20,000 columns, the n-th word as frequent as 1 / n, some 80 in a row; the topic makes some of them likelier."""
    from scipy import sparse

    random, words, topics, length = np.random.default_rng(0), 20_000, 4, 100
    y = random.integers(0, topics, rows)
    of_topics = np.stack([random.permutation(words) for _ in range(topics)])
    common, own = (np.minimum(words - 1, random.zipf(1.3, (rows, length // 2)) - 1) for _ in range(2))
    columns = np.hstack([common, of_topics[y[:, np.newaxis], own]])
    X = sparse.csr_matrix((np.ones(columns.size), columns.ravel(), np.arange(0, columns.size + 1, length)), (rows, words))
    X.sum_duplicates()
    return X, y


def _net(rows: int, *sizes: int, goal: float) -> Case:
    name, weights = "-".join(map(str, sizes)), sum(a * b for a, b in pairwise(sizes))
    return Case(name, rows, _dense(sizes[0], sizes[-1]), {"hidden_layer_sizes": sizes[1:-1]}, weights, goal)


CASES = {
    case.name: case
    for case in (
        _net(10_000, 20, 40, 5, goal=3),
        _net(10_000, 64, 128, 10, goal=3),
        _net(4_000, 784, 128, 10, goal=3),
        _net(1_000, 784, 900, 300, 10, goal=3),
        _net(400, 1024, 4096, 4096, 1000, goal=1.3),
        Case("digits", 1_797, _digits),
        Case("forest", 50_000, _forest, {"max_iter": 10}),
        Case("text", 4_000, _text, {"max_iter": 3}),
    )
}
