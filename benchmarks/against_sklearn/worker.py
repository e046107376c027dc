"""The process of one library: ``python -m benchmarks.against_sklearn.worker LIBRARY THREADS PACKAGE``, started as the others' are."""

from __future__ import annotations

import time
import warnings

import numpy as np

from benchmarks.against_sklearn.cases import CASES
from benchmarks.comparison.worker import main


class Service:
    """What the process knows between two requests."""

    def __init__(self, library: str, threads: int) -> None:
        self.library = library

    def setup(self, case: str, dtype: str) -> dict:
        """Make the data, train an epoch, so that all is loaded and compiled, and another: its seconds."""
        self.case = CASES[case]
        self.X, self.y = self.case.data(dtype)
        # A net is trained further by each fit, and never stops before it has made so many epochs.
        endless = {"warm_start": True, "tol": 0.0, "n_iter_no_change": np.inf} if self.case.is_net else {}
        self.settings = {"random_state": 0} | self.case.settings | endless
        self.estimator = self._kind()(**self.settings)
        return {"epoch": [self._fit(1) for _ in range(2)][-1]}

    def fit(self, epochs: int) -> dict:
        """A fit: its seconds, epochs, last loss, share of the rows told rightly; CPU seconds of all that."""
        begin = time.process_time()
        if not self.case.is_net:
            self.estimator = self._kind()(**self.settings)
        seconds, estimator = self._fit(epochs), self.estimator
        reply = {"seconds": seconds, "epochs": estimator.n_iter_, "loss": estimator.loss_, "score": estimator.score(self.X, self.y)}
        return reply | {"cpu": time.process_time() - begin}

    def _fit(self, epochs: int) -> float:
        self.estimator.set_params(max_iter=epochs)
        begin = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.estimator.fit(self.X, self.y)
        return time.perf_counter() - begin

    def _kind(self) -> type:
        if self.library == "fastbp":
            from fastbp.sklearn import MLPClassifier
        else:
            from sklearn.neural_network import MLPClassifier
        return MLPClassifier


if __name__ == "__main__":
    main(Service)
