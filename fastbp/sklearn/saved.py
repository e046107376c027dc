"""Fits that are kept in a folder: the same fit, begun again by another process, goes on where the first one stood, to the same bits."""

from __future__ import annotations

import time
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.files.sealed import sealed, unsealed, write_atomically
from fastbp.files.tensors import fill
from fastbp.sklearn.held import Held

# What an estimator counts and judges by, epoch after epoch.
_COUNTED = (
    "n_iter_", "t_", "loss_", "loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_", "_no_improvement_count",
)  # fmt: skip
# What changes nothing of the result, or not where it is taken.
_NO_MATTER = {"checkpoint", "verbose", "progress", "threads", "time_limit"}
# Seconds between two files of a fit.
_EVERY = 10.0


class Saved:
    """The file of one fit: named by the class, the parameters and the data, so that each fit of a search has its own.

    Parameters
    ----------
    folder : str or path or None
        None: nothing is kept, and nothing read.
    estimator : estimator
    data : sequence of arrays
        What it is trained on and judged by.

    Raises
    ------
    ValueError
        When another fit would not be the same.
    """

    def __init__(self, folder: str | PathLike[str] | None, estimator: Any, data: tuple[Any, ...]) -> None:
        self._path: Path | None = None
        if folder is None:
            return
        if not isinstance(estimator.random_state, Integral):
            raise ValueError(f"random_state is {estimator.random_state!r}; a fit that is begun again with checkpoint needs an integer")
        if estimator.warm_start:
            raise ValueError("checkpoint is for fits that begin anew; warm_start is True")
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        parameters = {name: value for name, value in estimator.get_params(deep=False).items() if name not in _NO_MATTER}
        name = type(estimator).__name__
        self._path = place / f"{name}-{joblib.hash([name, parameters, *data])}.safetensors"
        self._clock = time.monotonic()

    @property
    def exists(self) -> bool:
        """Whether there is such a file."""
        return self._path is not None and self._path.exists()

    def write(self, estimator: Any, network: Held, order: NDArray[np.int64], *, ended: bool, now: bool = False) -> None:
        """Keep how far a fit has come, when it is time; `ended` tells that there is nothing more to do."""
        if self._path is None or not (now or ended or time.monotonic() >= self._clock + _EVERY):
            return
        tensors, values = network.state()
        tensors |= {f"best.{i}": array for i, array in enumerate(_best(estimator))}
        tensors["order"] = order
        its = vars(estimator)
        counted = {name: _plain(its[name]) for name in _COUNTED if name in its}
        kind, tensors["random"], *places = its["_random_state"].get_state()
        rate = its["_optimizer"].learning_rate if "_optimizer" in its else None
        fit = {"ended": ended, "counted": counted, "random": [kind, *places], "rate": rate}
        write_atomically(
            self._path, *sealed({name: np.ascontiguousarray(array) for name, array in tensors.items()}, {"fit": fit, **values})
        )
        self._clock = time.monotonic()

    def read(self, estimator: Any, network: Held, order: NDArray[np.int64]) -> tuple[bool, NDArray[np.int64]]:
        """Let both stand where the file has them: whether the fit has ended, and the last order of the rows; without a file `order`.

        ValueError for a file that is damaged.
        """
        if self._path is None or not self._path.exists():
            return False, order
        tensors, settings, _ = unsealed(self._path)
        fit = settings["fit"]
        network.load_state(tensors, settings)
        fill({f"best.{i}": array for i, array in enumerate(_best(estimator))}, tensors)
        its = vars(estimator)
        its.update(fit["counted"])
        kind, *places = fit["random"]
        its["_random_state"].set_state((kind, tensors["random"], *places))
        if fit["rate"] is not None:
            its["_optimizer"].learning_rate = fit["rate"]
        return fit["ended"], tensors["order"]


def _best(estimator: Any) -> list[Array]:
    """The best parameters so far, which stopping early goes back to."""
    its = vars(estimator)
    return [*its["_best_coefs"], *its["_best_intercepts"]] if estimator.early_stopping else []


def _plain(value: Any) -> Any:
    """As JSON writes it and gives it back to the bit."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
