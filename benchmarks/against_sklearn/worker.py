"""The process of one library: ``python -m benchmarks.against_sklearn.worker LIBRARY THREADS PACKAGE``, started as the others' are."""

from __future__ import annotations

import time
import warnings

from benchmarks.against_sklearn.cases import CASES
from benchmarks.comparison.worker import main


class Service:
    """What the process knows between two requests."""

    def __init__(self, library: str, threads: int) -> None:
        self.library = library

    def setup(self, case: str, dtype: str) -> dict:
        """Make the data, fit once, so that all is loaded and compiled, and once more: seconds of an epoch."""
        self.case = CASES[case]
        self.X, self.y = self.case.data(dtype)
        self._fit(1)
        return {"epoch": self._fit(1)}

    def fit(self, epochs: int) -> dict:
        """A fit of a new estimator: its seconds, epochs, last loss, share of the rows told rightly; CPU seconds of all that."""
        begin = time.process_time()
        seconds, estimator = self._fit(epochs), self.estimator
        reply = {"seconds": seconds, "epochs": estimator.n_iter_, "loss": estimator.loss_, "score": estimator.score(self.X, self.y)}
        return reply | {"cpu": time.process_time() - begin}

    def _fit(self, epochs: int) -> float:
        """Seconds of a fit. A net never stops before it has made so many epochs."""
        settings = {"random_state": 0} | self.case.settings
        if self.case.is_net or epochs == 1:
            settings |= {"max_iter": epochs, "tol": 0.0, "n_iter_no_change": epochs}
        self.estimator = self._kind()(**settings)
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
