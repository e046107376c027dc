"""Ends training when it gets no better."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._names import flag, integer, real
from fastbp._typing import Array
from fastbp.callbacks.metric import Watching
from fastbp.training.part import State
from fastbp.training.run import Run

#: What `History.stopped` says.
WORD = "early_stopping"
# Ends of fit after which the run may go on to the bit from where it stands, or has gone wrong.
_UNFINISHED = ("interrupted", "terminated", "paused", "error", "diverged", "")


class EarlyStopping(Watching):
    """Stops when a metric has not got better for `patience` epochs, and puts the weights of the best epoch back.

    The weights are put back when ``fit`` has come to its end, whoever ended it: by all its epochs, a callback, or the time limit. After
    Ctrl-C, SIGTERM or an error the model is left as it was after the last step, so that the run can go on to the bit; `restore` puts
    the best weights into it then. With ``Trainer(average=...)`` it is both the weights and their average, which was validated.

    A run that is resumed counts on, and stops where one would that was never killed. Another `fit` of the same run counts on, too, from 0
    where it has stopped before. On another run the callback begins anew.

    Parameters
    ----------
    metric : str, default "val_loss"
        A name in the history: "loss", "val_loss", "val_accuracy", ...
    mode : "auto", "min" or "max"
        Which way it gets better. "auto" knows it of losses, errors and usual scores by their names.
    min_delta : float, default 0
        By less than this it has not got better. (The best epoch is that of the best metric all the same.)
    patience : int, default 10
        Epochs without.
    restore_best : bool, default True
        A copy of the weights is kept whenever an epoch is the best so far; checkpoints have it, too.
    baseline : float, optional
        A value that must be passed within `patience` epochs, too.

    Attributes
    ----------
    best, best_epoch : float, int
        The metric of the best epoch so far, and its number, the first being 1; None before.
    waited : int
        Epochs since it last got better.

    Raises
    ------
    ValueError, TypeError
        For arguments outside their range. From ``fit``, before it trains, when the history will have no such metric.

    Examples
    --------
    >>> import fastbp, numpy as np
    >>> X = np.linspace(-1, 1, 60)[:, np.newaxis]
    >>> trainer = fastbp.Trainer(fastbp.MLP([1, 16, 1], seed=0), loss="squared_error", optimizer="adam", batch_size=10, seed=0)
    >>> early = fastbp.EarlyStopping(patience=5, min_delta=1e-3)
    >>> history = trainer.fit(X, X**2, epochs=10_000, validation_data=(X, X**2), callbacks=early)
    >>> history.stopped
    'early_stopping'
    >>> early.best == min(history.val_loss)
    True
    """

    def __init__(
        self,
        metric: str = "val_loss",
        *,
        mode: str = "auto",
        min_delta: float = 0.0,
        patience: int = 10,
        restore_best: bool = True,
        baseline: float | None = None,
    ) -> None:
        self.min_delta = real(min_delta, "min_delta")
        self.patience = integer(patience, "patience", least=1)
        self.restore_best = flag(restore_best, "restore_best")
        self.baseline = None if baseline is None else real(baseline, "baseline", least=-np.inf)
        self._begun_at: int | None = None  # steps done when fit began
        super().__init__(metric, mode)

    def _forget(self) -> None:
        super()._forget()
        self.waited = 0
        self._mark: float | None = None  # what must be passed to be better
        # Of the best epoch: the model's, and, where there is one, their average.
        self._weights: Array | None = None
        self._average: Array | None = None

    def on_fit_begin(self, run: Run) -> str | None:
        """Look at the metric's name; end at once what had been about to end when it was killed."""
        super().on_fit_begin(run)
        self._begun_at = run.steps
        if self.waited >= self.patience:
            if run.resumed:
                return WORD
            self.waited = 0
        return None

    def on_epoch_end(self, run: Run) -> str | None:
        """Compare, keep the weights of the best, and count."""
        value, best = self._look(run)
        if best:
            self.best, self.best_epoch = value, run.epoch
            if self.restore_best:
                self._keep(run)
        self.waited += 1
        if self._exceeds(value, self._mark, self.min_delta):
            self._mark = value
            if self.baseline is None or self._exceeds(value, self.baseline, self.min_delta):
                self.waited = 0
        return WORD if self.waited >= self.patience else None

    def on_fit_end(self, run: Run) -> None:
        """Put the best weights back where there is nothing left to do."""
        begun_at, self._begun_at = self._begun_at, None
        # Not where fit has failed before its first step.
        has_trained = begun_at is not None and (run.resumed or run.steps > begun_at)
        if has_trained and self.restore_best and self._seen.knows(run) and run.history.stopped not in _UNFINISHED:
            self.restore(run)

    def restore(self, run: Run) -> None:
        """Put the weights of the best epoch into ``run.model``; nothing where none have been kept.

        Parameters
        ----------
        run : Run
            ``trainer.run``; it must be the one that the callback has seen.
        """
        if self._weights is None:
            return
        own = [run.model.network.parameters, run.averages.flat]
        kept = [self._weights, self._average]
        if run.averages.shown:
            kept.reverse()
        with run.model.turns.change("EarlyStopping"):
            for array, values in zip(own, kept, strict=True):
                if values is not None:
                    np.copyto(array, values)

    def _keep(self, run: Run) -> None:
        parameters = run.model.network.parameters
        if self._weights is None:
            self._weights = np.empty_like(parameters)
            self._average = np.empty_like(run.averages.flat) if run.averages.is_used else None
        np.copyto(self._weights, parameters)
        if self._average is not None:
            np.copyto(self._average, run.averages.flat)

    def _counts(self) -> State:
        seen = super().state()
        return seen and {**seen, "waited": self.waited, "mark": self._mark}

    def _arrays(self) -> State:
        held = {"weights": self._weights, "average": self._average}
        return {name: array for name, array in held.items() if array is not None}

    def state(self) -> State:
        """What has been counted, and the best weights."""
        counts = self._counts()
        return counts and counts | self._arrays()

    def load_state(self, state: State) -> None:
        """Take it back. Where there are no weights of the best epoch, another has to be the best."""
        super().load_state(state)
        self.waited, self._mark = state["waited"], state["mark"]
        self._weights, self._average = state.get("weights"), state.get("average")
        if self.restore_best and self._weights is None:
            self.best = self.best_epoch = None

    def mark(self) -> Any:
        """What has been counted: the weights stay where they are, as there may be many marks."""
        return self._counts()

    def go_back(self, mark: Any) -> None:
        """Count from there. The best weights are lost where they were of an epoch that is taken back."""
        still_best = mark and mark["best_epoch"] == self.best_epoch
        super().go_back(mark | self._arrays() if still_best else mark)
