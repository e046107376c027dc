"""Logs with an entry for each epoch, once."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod

from fastbp.callbacks.base import Callback
from fastbp.training.run import Run


class EpochLog(Callback, ABC):
    """Base of callbacks that write the epochs of the history elsewhere.

    A write that fails while training goes on is a warning, and made up for after the next epoch; at the end of ``fit`` it is an error.
    """

    changes_data = False

    def __init__(self) -> None:
        self._begun = False
        self._written: int | None = None  # how many epochs of the history the log has; None: nobody knows

    @abstractmethod
    def begin(self, run: Run) -> int:
        """Let the log have nothing that the history has not; how many of its epochs it has, then. Called again where that is not known."""

    @abstractmethod
    def add(self, run: Run, first: int) -> None:
        """Add the epochs of the history from `first` on, counted from 0."""

    def on_fit_begin(self, run: Run) -> None:
        """Begin the log, or go on with it."""
        self._written = self.begin(run)
        self._begun = True

    def on_epoch_end(self, run: Run) -> None:
        """Add the epoch."""
        try:
            self._catch_up(run)
        except OSError as error:
            told = f"{type(self).__name__} has not logged epoch {run.epoch}: {error}. It is tried again after the next"
            warnings.warn(told, RuntimeWarning, stacklevel=2)

    def on_fit_end(self, run: Run) -> None:
        """Add what could not be written, take away what divergence has."""
        begun, self._begun = self._begun, False
        if begun:
            self._catch_up(run)

    def _catch_up(self, run: Run) -> None:
        written, self._written = self._written, None
        if written is None or written > len(run.history):
            written = self.begin(run)
        if written < len(run.history):
            self.add(run, written)
        self._written = len(run.history)
