"""One call of ``fit``: epoch after epoch, and when to stop. It sees control between runs of steps, at least every 100 ms."""

from __future__ import annotations

import contextlib
import copy
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastbp._typing import Array
from fastbp.callbacks.base import Callback
from fastbp.data.rows import Rows
from fastbp.processors.threads import task_choices
from fastbp.training.divergence import DivergenceError, explained, unexplained
from fastbp.training.epoch import Epoch
from fastbp.training.guard import is_finite
from fastbp.training.interrupt import Interrupt
from fastbp.training.pace import Pace
from fastbp.training.progress import Progress

if TYPE_CHECKING:
    from fastbp.trainer import Trainer


class Fit:
    """Trains for some epochs on checked data, which the trainer may not have seen before."""

    def __init__(
        self, trainer: Trainer, rows: Rows, validation: Rows | None, listeners: list[Callback], shown: bool, deadline: float | None
    ) -> None:
        self._trainer, self._rows, self._validation = trainer, rows, validation
        self._listeners, self._shown, self._deadline = listeners, shown, deadline
        self._batch = min(trainer.batch_size or rows.n_rows, rows.n_rows)
        # The optimizer as it was from which step on, so far back as steps may have to be repeated.
        self._optimizers = [(trainer.steps, copy.copy(trainer.optimizer))]
        self._interrupt = Interrupt()
        self._bar = Progress(False, 0)
        choices = task_choices(trainer.model.network, self._batch, trainer.threads)
        if trainer._pace.choices != choices:
            trainer._pace = Pace(choices)

    def run(self, epochs: int) -> None:
        """Train, and leave in the history why it ended."""
        trainer = self._trainer
        trainer._guard.begin(trainer)
        with self._interrupt, contextlib.ExitStack() as ending:
            ending.callback(trainer._guard.forget)
            for listener in reversed(self._listeners):
                ending.callback(listener.on_fit_end, trainer)
            for listener in self._listeners:
                listener.on_fit_begin(trainer)
            trainer.history.stopped = ""
            try:
                with Progress(self._shown, epochs * self._rows.n_rows) as self._bar:
                    trainer.history.stopped = self._train_until(trainer.epoch + epochs)
            except BaseException:
                trainer.history.stopped = trainer.history.stopped or "error"
                raise
        # A signal after the last step, or while callbacks were ending.
        if self._interrupt.reason and trainer.history.stopped == "epochs":
            trainer.history.stopped = self._interrupt.reason

    def _train_until(self, last: int) -> str:
        trainer, reason = self._trainer, None
        watched = bool(self._listeners) or self._validation is not None
        while trainer.epoch < last and reason is None:
            reason = self._reason_to_stop()
            if reason is None and self._batch == self._rows.n_rows and trainer._current is None and not watched:
                self._repeat_step(last - trainer.epoch)
            elif reason is None:
                reason = self._advance()
        if not is_finite(trainer):
            raise self._divergence()
        return reason or "epochs"

    def _reason_to_stop(self) -> str | None:
        if self._interrupt.reason:
            return self._interrupt.reason
        return "time_limit" if self._deadline is not None and time.perf_counter() >= self._deadline else None

    def _advance(self) -> str | None:
        """A run of steps of the epoch under way, and what comes after it."""
        trainer, epoch, stop = self._trainer, self._epoch(), False
        # An error after the last step may have left a complete one.
        if not epoch.complete:
            self._heed_optimizer()
            asked = [steps for listener in self._listeners if (steps := listener.steps_to_pause(trainer)) is not None]
            losses, n_rows = self._steps_of(epoch, min([epoch.batches - epoch.done, *asked]))
            self._bar.advance(n_rows)
            if not trainer._guard.losses_are_well(trainer, losses):
                raise self._divergence()
        if epoch.complete:
            self._close(epoch)
            stop = any([listener.on_epoch_end(trainer) for listener in self._listeners])
        stop |= any([listener.on_pause(trainer) for listener in self._listeners])
        return "callback" if stop else None

    def _close(self, epoch: Epoch) -> None:
        trainer = self._trainer
        if not trainer._guard.weights_are_well(trainer):
            raise self._divergence()
        loss = epoch.mean_loss()
        scores = {} if self._validation is None else trainer._evaluate(self._validation)
        with self._interrupt.held():
            trainer._current = None
            trainer.epoch += 1
            trainer.history.add(loss, scores, epoch.seconds, epoch.rows)
        self._bar.epoch(trainer.epoch, loss, scores)

    def _repeat_step(self, most: int) -> None:
        """Up to `most` epochs of one step on the whole set, which nobody watches, in one call of the kernels."""
        trainer, n_rows = self._trainer, self._rows.n_rows
        with self._interrupt.held():
            losses, seconds = self._steps(np.arange(n_rows), 0, n_rows, most)
            # Rounded as the mean over the batches of an epoch is.
            with np.errstate(over="ignore"):
                means = losses.astype(np.float64) * n_rows / n_rows
            for loss in means.tolist():
                trainer.history.add(loss, {}, seconds / losses.size, n_rows)
            trainer.epoch += losses.size
        if not (trainer._guard.losses_are_well(trainer, losses) and trainer._guard.weights_are_well(trainer)):
            raise self._divergence()
        self._bar.advance(losses.size * n_rows)
        self._bar.epoch(trainer.epoch, trainer.history.loss[-1], {})

    def _heed_optimizer(self) -> None:
        """A callback may have given the optimizer other settings, or the trainer another optimizer."""
        trainer, known = self._trainer, self._optimizers
        if trainer.optimizer != known[-1][1]:
            trainer._check_optimizer()
            known.append((trainer.steps, copy.copy(trainer.optimizer)))
        while len(known) > 1 and known[1][0] <= trainer._guard.steps:
            del known[0]

    def _epoch(self) -> Epoch:
        """The epoch under way, or a new one where there is none, or it was of other data."""
        trainer = self._trainer
        if trainer._current is None or trainer._current.rows != self._rows.n_rows:
            seed = trainer.seed if trainer.shuffle else None
            trainer._current = Epoch.begin(self._rows.n_rows, self._batch, trainer.epoch, seed)
        return trainer._current

    def _steps(self, order: NDArray[np.int64], first: int, batch: int, most: int) -> tuple[Array, float]:
        """As many of `most` updates as Python may be without control, on the best number of threads; their losses and the seconds."""
        pace = self._trainer._pace
        tasks, count = pace.next()
        count = max(1, min(count, int(most)))
        begin = time.perf_counter()
        losses = self._trainer._train(self._rows, order, first, batch, count, tasks)
        seconds = time.perf_counter() - begin
        pace.record(tasks, count, seconds)
        return losses, seconds

    def _steps_of(self, epoch: Epoch, most: int) -> tuple[Array, int]:
        """A run of up to `most` steps of the epoch; their losses and the number of their rows."""
        with self._interrupt.held():
            losses, seconds = self._steps(epoch.order, epoch.done * epoch.batch, epoch.batch, most)
            return losses, epoch.add(losses, seconds)

    def _divergence(self) -> DivergenceError:
        """Go back to the last finite weights; the error that says what happened after them."""
        trainer, steps, epochs, optimizer = self._trainer, self._trainer.steps, self._trainer.epoch, self._trainer.optimizer
        trainer.history.stopped = "diverged"
        with self._interrupt.held():
            repeated = trainer._guard.go_back(trainer, lambda count: self._replay(count, epochs))
            self._leave_complete(epochs)
            trainer.history.truncate(len(trainer.history) - (epochs - trainer.epoch))
            error = explained(trainer, self._rows, self._epoch().next_rows()) if repeated else unexplained(trainer, steps)
            if repeated:
                trainer._guard.go_back(trainer)
                self._leave_complete(epochs)
            trainer.optimizer = optimizer
        return error

    def _replay(self, steps: int, epochs: int) -> Array:
        """The same steps once more, with nobody watching, when `epochs` have been counted; their losses."""
        trainer, last = self._trainer, self._trainer.steps + steps
        losses: list[Array] = []
        while trainer.steps < last:
            self._leave_complete(epochs)
            epoch = self._epoch()
            trainer.optimizer = [optimizer for begin, optimizer in self._optimizers if begin <= trainer.steps][-1]
            end = min([last, *(begin for begin, _ in self._optimizers if begin > trainer.steps)])
            losses.append(self._steps_of(epoch, min(end - trainer.steps, epoch.batches - epoch.done))[0])
        self._leave_complete(epochs)
        return np.concatenate(losses)

    def _leave_complete(self, epochs: int) -> None:
        """Go on to the next epoch after the last step of one that the history holds, as it holds `epochs`."""
        trainer, current = self._trainer, self._trainer._current
        if current is not None and current.rows == self._rows.n_rows and current.complete and trainer.epoch < epochs:
            trainer._current = None
            trainer.epoch += 1
