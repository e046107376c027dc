"""Cross-validation: a model for each fold, trained on the others, all at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp._tables import html_table
from fastbp._typing import NDArray
from fastbp.together.curves import draw, usual_metric
from fastbp.together.ensemble import Ensemble
from fastbp.together.folds import check_folds
from fastbp.together.shared import Places, Shared
from fastbp.together.train import Callbacks, OneFit, check_fits, check_settings, raise_first, work
from fastbp.trainer import Trainer
from fastbp.training.history import History
from fastbp.training.measures import Metrics

Numbers = NDArray[np.float64]


@dataclass(frozen=True, repr=False, eq=False)
class CrossValidation:
    """What cross-validation has found.

    Attributes
    ----------
    trainers : list of Trainer
        One for each fold, trained.
    folds : list of (ndarray, ndarray)
        The rows that each was trained on, and those that it was not.
    scores : dict of str to ndarray of shape (folds,)
        Loss, accuracy and metrics of each on the rows held out, when training had ended.
    predictions : ndarray of shape (n, n_outputs)
        Of each row by the model that had not seen it; the mean of several where it was held out more than once, NaN where it never was.
    """

    trainers: list[Trainer]
    folds: list[tuple[Places, Places]]
    scores: dict[str, Numbers]
    predictions: Numbers

    @property
    def histories(self) -> list[History]:
        """Those of the trainers."""
        return [trainer.history for trainer in self.trainers]

    @property
    def mean(self) -> dict[str, float]:
        """The mean of each score over the folds."""
        return {name: float(values.mean()) for name, values in self.scores.items()}

    @property
    def deviation(self) -> dict[str, float]:
        """The standard deviation of each score over the folds, by n - 1."""
        return {name: float(values.std(ddof=1)) if values.size > 1 else float("nan") for name, values in self.scores.items()}

    def ensemble(self) -> Ensemble:
        """The models of all folds as one."""
        return Ensemble(self.trainers)

    def plot(self, ax: Any = None, metric: str | None = None) -> Any:
        """Draw a metric of every fold, and their mean, over the epochs.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        metric : str, optional
            A name in the histories; by default the validation loss.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        return draw(ax, self.histories, metric or usual_metric(self.histories))

    def __repr__(self) -> str:
        told = [f"{name} {value:.4g} +- {self.deviation[name]:.2g}" for name, value in self.mean.items()]
        return f"CrossValidation({', '.join([f'{len(self.folds)} folds', *told])})"

    def _repr_html_(self) -> str:
        rows = [[str(i), *(f"{values[i]:.4g}" for values in self.scores.values())] for i in range(len(self.folds))]
        return html_table(repr(self), ["fold", *self.scores], rows)


def cross_validate(
    make: Trainer | Callable[[int], Trainer],
    X: Any,
    y: Any,
    *,
    epochs: int,
    folds: int | Iterable[Any] = 5,
    seed: int | None = 0,
    metrics: Metrics = (),
    sample_weight: Any = None,
    callbacks: Callbacks = (),
    progress: bool | str = "auto",
    time_limit: float | None = None,
    on_interrupt: str = "return",
    threads: int | None = None,
) -> CrossValidation:
    """Train a model for each fold on the rows of the others, side by side, and score it on those held out.

    Parameters
    ----------
    make : Trainer or function
        A trainer, of which each fold has a copy; or a function that makes one when it is given the number of the fold, from 0 on.
    X, y : array-like
        As of `Trainer.fit`. They are not copied.
    epochs : int
    folds : int or sequence of (training, held_out), default 5
        So many are drawn, of each class in proportion; or numbers of rows, such as ``KFold(5).split(X)`` of scikit-learn gives.
    seed : int, optional
        Fixes the folds that are drawn.
    metrics, sample_weight
        As of `Trainer.fit`.
    callbacks, progress, time_limit, on_interrupt, threads
        As of `train_together`.

    Returns
    -------
    CrossValidation
        `scores`, their `mean` and `deviation`, `predictions`, `trainers`, and `plot`.

    Raises
    ------
    ValueError, TypeError
        For data or arguments that do not fit, before anything is trained.
    Exception
        What stopped one of the folds, when the others have been trained.

    Examples
    --------
    >>> import fastbp, numpy as np
    >>> X = np.linspace(-1, 1, 90)[:, np.newaxis]
    >>> trainer = fastbp.Trainer(fastbp.MLP([1, 8, 1], activation="tanh", seed=0), loss="squared_error", optimizer="adam", seed=0)
    >>> found = fastbp.cross_validate(trainer, X, X**2, epochs=20, folds=3)
    >>> found.scores["loss"].shape, found.predictions.shape
    ((3,), (90, 1))
    """
    settings, data = check_settings(threads, progress, time_limit, on_interrupt), Shared(X, y)
    first = made(make, 0)
    parts = check_folds(folds, first, data, seed)
    trainers = [first, *(made(make, number) for number in range(1, len(parts)))]
    fits = check_fits(
        trainers, data, epochs=epochs, rows=[training for training, _ in parts], validation_rows=[held_out for _, held_out in parts],
        metrics=metrics, sample_weight=sample_weight, callbacks=callbacks,
    )  # fmt: skip
    work(fits, settings)
    raise_first(fits)
    scores = [fit.scores() for fit in fits]
    return CrossValidation(
        trainers, parts, {name: np.array([each[name] for each in scores]) for name in scores[0]}, _predictions(fits, parts)
    )


def made(make: Any, *arguments: Any, **settings: Any) -> Trainer:
    """A trainer of what the user gave; TypeError where none comes of it."""
    found = copy.deepcopy(make) if isinstance(make, Trainer) else make(*arguments, **settings) if callable(make) else make
    if not isinstance(found, Trainer):
        what = "make gave" if callable(make) else "make is"
        raise TypeError(f"{what} an object of type {type(found).__name__}; expected a Trainer")
    return found


def _predictions(fits: list[OneFit], parts: list[tuple[Places, Places]]) -> Numbers:
    """The mean of what was predicted for each row that was held out."""
    sums = counts = np.zeros(0)
    for fit, (_, held_out) in zip(fits, parts, strict=True):
        model, rows = fit.trainer.model, fit.measures.validation
        assert rows is not None
        if not sums.size:
            sums, counts = np.zeros((len(rows.targets), model.layer_sizes[-1])), np.zeros((len(rows.targets), 1))
        np.add.at(sums, held_out, model.inference.predict(rows, fit.trainer.threads))
        np.add.at(counts, held_out, 1)
    with np.errstate(invalid="ignore"):
        return sums / counts
