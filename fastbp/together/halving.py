"""Successive halving: many settings for a few epochs, the best of them for more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fastbp._direction import better
from fastbp._names import integer, lookup
from fastbp._typing import NDArray
from fastbp.callbacks.base import Callback
from fastbp.callbacks.metric import OTHER_NAMES
from fastbp.together.cross_validation import made
from fastbp.together.folds import draw_part
from fastbp.together.rungs import HalvingSearch, Rung, ends_of_rungs, survivors
from fastbp.together.shared import Places, Shared
from fastbp.together.train import (
    Callbacks,
    OneFit,
    Settings,
    check_callbacks_of_all,
    check_fits,
    check_settings,
    check_trainers,
    raise_first,
    work,
)
from fastbp.trainer import Trainer
from fastbp.training.divergence import DivergenceError
from fastbp.training.measures import Metrics


def halving_search(
    make: Callable[..., Trainer],
    settings: Iterable[Mapping[str, Any]],
    X: Any,
    y: Any,
    *,
    epochs: int,
    factor: float = 3.0,
    least_epochs: int = 1,
    metric: str = "val_loss",
    mode: str = "auto",
    validation_split: float = 0.2,
    validation_data: tuple[Any, ...] | None = None,
    seed: int | None = 0,
    metrics: Metrics = (),
    sample_weight: Any = None,
    callbacks: Callbacks = (),
    progress: bool | str = "auto",
    time_limit: float | None = None,
    on_interrupt: str = "return",
    threads: int | None = None,
) -> HalvingSearch:
    """Train all settings for a few epochs, go on with the best of them for `factor` times as many, and so on up to `epochs`.

    (K. Jamieson, A. Talwalkar, AISTATS 2016.) Those who go on do so to the bit, as if they had been trained without a break; schedules
    are over all `epochs`. All are validated on the same rows. One that diverges is out.

    Parameters
    ----------
    make : function
        ``make(**settings)`` makes a trainer.
    settings : sequence of dict
        What is to be tried.
    X, y : array-like
        As of `Trainer.fit`. They are not copied.
    epochs : int
        Of those who reach the last rung.
    factor : float, default 3
        One of so many goes on from rung to rung, for so many times as many epochs. Above 1.
    least_epochs : int, default 1
        Of the first rung, at least. There are as many rungs as settings and epochs allow.
    metric : str, default "val_loss"
        Of the validation rows, at the end of each rung.
    mode : "auto", "min" or "max"
        Which way it gets better, as of `EarlyStopping`.
    validation_split : float, default 0.2
        A share of the rows, the same for all: drawn by `seed`, of each class in proportion.
    validation_data : (X, y) or (X, y, sample_weight), optional
        In place of it.
    seed : int, optional
    metrics, sample_weight
        As of `Trainer.fit`.
    callbacks, progress, time_limit, on_interrupt, threads
        As of `train_together`. The time is divided among the rungs.

    Returns
    -------
    HalvingSearch
        `best_settings`, `best_trainer`, `best_score`, `rungs`, and `plot`.

    Raises
    ------
    ValueError, TypeError
        For data or arguments that do not fit, before anything is trained.
    Exception
        What stopped one of the trainers, but divergence.

    Examples
    --------
    >>> import fastbp, numpy as np
    >>> X = np.linspace(-1, 1, 90)[:, np.newaxis]
    >>> def make(width, rate):
    ...     model = fastbp.MLP([1, width, 1], activation="tanh", seed=0)
    ...     return fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.Adam(rate), seed=0)
    >>> settings = [{"width": width, "rate": rate} for width in (2, 8) for rate in (1e-4, 1e-3, 1e-2)]
    >>> found = fastbp.halving_search(make, settings, X, X**2, epochs=27)
    >>> [(len(rung.numbers), rung.epochs) for rung in found.rungs]
    [(6, 9), (2, 27)]
    """

    def how(limit: float | None) -> Settings:
        return check_settings(threads, progress, limit, on_interrupt)

    every = [dict(each) for each in _settings(settings)]
    how(time_limit)
    ends = ends_of_rungs(len(every), integer(epochs, "epochs", least=1), factor, integer(least_epochs, "least_epochs", least=1))
    falls = better(metric, mode) == "min"
    trainers, data = [made(make, **each) for each in every], Shared(X, y, validation_data)
    parts = (None, None) if validation_data is not None else draw_part(check_trainers(trainers)[0], data, validation_split, seed)
    search = _Search(trainers, data, parts, check_callbacks_of_all(callbacks, len(trainers)), metrics, sample_weight)
    lookup(metric, {name: name for name in search.names() if name.startswith("val_")}, "metric", OTHER_NAMES)
    numbers, found, ranked = list(range(len(trainers))), list[Rung](), list[int]()
    for i, end in enumerate(ends):
        limit = None if time_limit is None else time_limit / len(ends)
        scores = search.go_on(numbers, end, ends[-1], how(limit), metric)
        found.append(Rung(end, tuple(numbers), scores))
        ranked = _ranked(numbers, scores, falls)
        if not ranked or search.stopped(numbers):
            break
        numbers = sorted(ranked[: survivors(len(trainers), factor, i + 1)])
    return HalvingSearch(every, trainers, found, metric, ranked[0] if ranked else None)


def _settings(given: Any) -> list[Any]:
    found = None if isinstance(given, (str, Mapping)) or not isinstance(given, Iterable) else list(given)
    if found is None or not all(isinstance(each, Mapping) for each in found):
        raise TypeError(f"settings is {given!r:.80}; expected a list of dicts, such as [{{'width': 32}}, {{'width': 64}}]")
    if not found:
        raise ValueError("settings is empty; expected at least one dict")
    return found


def _ranked(numbers: Sequence[int], scores: NDArray[np.float64], falls: bool) -> list[int]:
    """Those with a score, the best one first, the earlier one where two are as good."""
    known = [(score if falls else -score, number) for number, score in zip(numbers, scores.tolist(), strict=True) if score == score]
    return [number for _, number in sorted(known)]


class _Search:
    """The trainers of a search, and what they are trained with."""

    def __init__(
        self, trainers: list[Trainer], data: Shared, parts: tuple[Places | None, Places | None], callbacks: list[list[Callback]],
        metrics: Metrics, sample_weight: Any,
    ) -> None:  # fmt: skip
        self._trainers, self._data, self._parts, self._callbacks = trainers, data, parts, callbacks
        self._metrics, self._sample_weight = metrics, sample_weight
        self._done = 0

    def names(self) -> list[str]:
        """What the histories will have, when all is in order."""
        return self._fits(range(len(self._trainers)), 1, 1)[0].measures.names

    def go_on(self, numbers: Sequence[int], end: int, last: int, settings: Settings, metric: str) -> NDArray[np.float64]:
        """Train some of them up to the end of a rung; their scores then."""
        for number in numbers:
            # From where it stands, in the schedules, too, as one that was killed.
            self._trainers[number].run.resumed |= self._done > 0
        fits = self._fits(numbers, end - self._done, last - self._done)
        work(fits, settings)
        raise_first(fits, but=DivergenceError)
        self._done = end
        return np.array([np.nan if fit.error else fit.scores()[metric.removeprefix("val_")] for fit in fits])

    def stopped(self, numbers: Sequence[int]) -> bool:
        """Whether a signal has ended one of them."""
        return any(self._trainers[number].history.stopped in ("interrupted", "terminated") for number in numbers)

    def _fits(self, numbers: Sequence[int], epochs: int, planned: int) -> list[OneFit]:
        training, validation = ([part] * len(numbers) for part in self._parts)
        return check_fits(
            [self._trainers[number] for number in numbers], self._data, epochs=epochs, rows=training, validation_rows=validation,
            metrics=self._metrics, sample_weight=self._sample_weight, callbacks=[self._callbacks[number] for number in numbers],
            planned=planned,
        )  # fmt: skip
