"""One call of ``fit``: epoch after epoch, and when to stop. It sees control between runs of steps, at least every 100 ms."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.processors.threads import most_threads, task_choices
from fastbp.training.divergence import changed, explained, layers_not_finite
from fastbp.training.engine import Engine
from fastbp.training.epoch import Epoch
from fastbp.training.guard import Guard
from fastbp.training.listener import Listener, word_of
from fastbp.training.measures import Measures, Seen
from fastbp.training.mixup import Mixer, Mixture
from fastbp.training.notes import Notes
from fastbp.training.outside import Outside
from fastbp.training.pace import Pace
from fastbp.training.run import Run
from fastbp.training.sets import check_again
from fastbp.training.under_way import UnderWay


class Fit:
    """Trains a run for some epochs on checked data, which it may not have seen before."""

    def __init__(
        self, run: Run, engine: Engine, guard: Guard, rows: Rows, measures: Measures, listeners: Sequence[Listener], outside: Outside
    ) -> None:  # fmt: skip
        self._run, self._engine, self._guard = run, engine, guard
        self._rows, self._measures, self._outside = rows, measures, outside
        self._listeners = sorted(listeners, key=lambda listener: listener.after_others)
        self._batch = run.rows_of_step(rows.n_rows)
        run.measured = measures.names
        run.plateaus.check(run.scheduled, run.measured)
        self._notes = Notes(run.between_steps)
        self._mixer = Mixer(run.mixup, run.seed, run.model.dtype) if run.mixup else None
        self._may_spoil = any([listener.changes_data for listener in self._listeners])
        self._heard = False  # callbacks that may change the data have been called since these were looked at
        self._interrupt = outside.interrupt(run.model.turns)
        self._under_way = UnderWay(rows, engine, run.model.network.parameters, self._interrupt.held, guard.begin)
        self._plan_threads()

    def _plan_threads(self) -> None:
        self._most = most_threads()
        choices = task_choices(self._run.model.network, self._batch, self._run.threads)
        if self._engine.pace.choices != choices:
            self._engine.pace = Pace(choices)

    def train(self, epochs: int, planned: int | None = None) -> None:
        """Train, and leave in the history why it ended. Where more epochs are `planned`, another call is to make the others."""
        run, history = self._run, self._run.history
        self._word_of_all = "epochs" if planned is None or planned == epochs else "paused"
        run.averages.hide()
        self._guard.begin()
        if epochs > 0 and run.follows_plan:
            run.make_plan(planned or epochs, self._rows.n_rows)
        run.listeners.begin(self._listeners)
        with self._interrupt:
            try:
                run.under_way = self._under_way
                reason = word_of([listener.on_fit_begin(run) for listener in self._listeners])
                self._heard = self._may_spoil
                history.stopped = ""
                # Callbacks alone change what is noted; divergence takes a note of its own.
                if self._listeners:
                    self._take_note()
                self._train_heard(epochs, reason)
            finally:
                self._end(self._listeners)
        # A signal after the last step, or while callbacks were ending.
        if self._interrupt.reason and history.stopped == self._word_of_all:
            history.stopped = self._interrupt.reason
        self._interrupt.tell()

    def _train_heard(self, epochs: int, reason: str | None) -> None:
        history = self._run.history
        try:
            with self._outside.bar(epochs * self._rows.n_rows) as self._bar:
                history.stopped = self._train_until(self._run.epoch + epochs, reason)
        except BaseException as error:
            asked = self._interrupt.reason if isinstance(error, KeyboardInterrupt) else None
            history.stopped = history.stopped or asked or "error"
            raise

    def _end(self, listeners: Sequence[Listener]) -> None:
        """Each of them hears of it, whatever the others do; then let go of the data, and of the state to go back to."""
        if listeners:
            try:
                listeners[0].on_fit_end(self._run)
            finally:
                self._end(listeners[1:])
            return
        self._run.under_way = None
        self._engine.forget()
        self._guard.forget()
        if self._run.averages.is_used:
            self._show_average()

    def _train_until(self, last: int, reason: str | None) -> str:
        run = self._run
        # Rows are mixed anew in each epoch.
        watched = bool(self._listeners) or self._measures.are_any or run.mixup > 0
        while run.epoch < last and reason is None:
            reason = self._reason_to_stop()
            if reason is None and self._batch == self._rows.n_rows and run.position.current is None and not watched:
                self._repeat_step(min(last - run.epoch, run.plateaus.soonest(run.epoch)))
            elif reason is None:
                reason = self._advance()
        if not self._guard.all_is_well():
            raise self._divergence(layers_not_finite(run))
        return reason or self._word_of_all

    def _reason_to_stop(self) -> str | None:
        if self._interrupt.reason:
            return self._interrupt.reason
        if self._outside.deadline is not None and time.perf_counter() >= self._outside.deadline:
            return "time_limit"
        return self._engine.reason_to_stop(self._rows)

    def _advance(self) -> str | None:
        """A run of steps of the epoch under way, and what comes after it."""
        if self._listeners:
            self._heed_callbacks()
        run, epoch = self._run, self._epoch()
        answers: list[bool | str | None] = []
        if epoch.done == 0:
            self._look_at_data()
        # An error after the last step may have left a complete one.
        if not epoch.complete:
            asked = [steps for listener in self._listeners if (steps := listener.steps_to_pause(run)) is not None]
            losses, n_rows = self._steps_of(epoch, min([epoch.batches - epoch.done, *asked]))
            self._bar.advance(n_rows)
            if not self._guard.losses_are_well(losses):
                raise self._divergence()
            for listener in self._listeners:
                listener.on_steps(run)
        if epoch.complete:
            self._close(epoch)
            answers += [listener.on_epoch_end(run) for listener in self._listeners]
        answers += [listener.on_pause(run) for listener in self._listeners]
        self._heard = self._may_spoil
        return word_of(answers)

    def _close(self, epoch: Epoch) -> None:
        position = self._run.position
        self._look_at_data()
        if not self._guard.weights_are_well():
            raise self._divergence()
        loss = epoch.mean_loss()
        validation, training = self._measures.judge(self._look()) if self._measures.are_any else ({}, {})
        with self._interrupt.held():
            position.current = None
            self._engine.let_go()
            position.epoch += 1
            self._run.history.add(loss, validation, epoch.seconds, epoch.rows, training)
            self._run.plateaus.follow(position.epoch)
        self._bar.epoch(position.epoch, loss, validation, training)

    def _look(self) -> list[Seen | None]:
        run = self._run
        if not run.averages.is_used:
            return self._measures.look()
        with self._interrupt.held(), run.averages.showing(run.steps):
            return self._measures.look()

    def _show_average(self) -> None:
        with self._interrupt.held():
            self._run.averages.show(self._run.steps)

    def _repeat_step(self, most: int) -> None:
        """Up to `most` epochs of one step on the whole set, which nobody watches, in one call of the kernels."""
        run, n_rows = self._run, self._rows.n_rows
        with self._interrupt.held():
            losses, seconds = self._steps(self._rows.order, 0, n_rows, most)
            # Rounded as the mean over the batches of an epoch is.
            with np.errstate(over="ignore"):
                means = losses.astype(np.float64) * n_rows / n_rows
            for loss in means.tolist():
                run.history.add(loss, {}, seconds / losses.size, n_rows)
            run.position.epoch += losses.size
            run.plateaus.follow(run.epoch)
        if not (self._guard.losses_are_well(losses) and self._guard.weights_are_well()):
            raise self._divergence()
        self._bar.advance(losses.size * n_rows)
        self._bar.epoch(run.epoch, run.history.loss[-1], {}, {})

    def _heed_callbacks(self) -> None:
        """A callback may have given the optimizer other settings, or the run another optimizer, or the model bad weights; or remember."""
        run = self._run
        if not self._guard.weights_are_well_after_callbacks():
            raise self._divergence(layers_not_finite(run))
        changed = run.optimizer != self._notes.optimizer(run.steps)[0]
        if changed:
            run.check_optimizer()
            if run.optimizer.takes_whole_set and self._batch < self._rows.n_rows:
                raise ValueError(f"optimizer is {run.optimizer!r} now, which takes the whole set; set it between two calls of fit")
            run.plateaus.check(run.scheduled, self._measures.names)
            run.plateaus.begin(run.scheduled, run.epoch)
        if changed or run.listeners.have_state:
            self._take_note()

    def _look_at_data(self) -> None:
        """Raise ValueError where a callback has changed the data so that they are no more what they were checked to be."""
        if self._heard:
            check_again(self._run, self._rows, self._measures.validation)
            self._heard = False

    def _take_note(self) -> None:
        run = self._run
        self._notes.take(run.epoch, run.steps, run.copy_of_optimizer(), self._guard.steps)

    def _epoch(self) -> Epoch:
        """The epoch under way, or a new one where there is none, or it was of other data."""
        run, position = self._run, self._run.position
        current = position.current
        if current is None or current.rows != self._rows.n_rows or (run.optimizer.takes_whole_set and current.batch != self._batch):
            seed = run.seed if run.shuffle else None
            position.current = current = Epoch.begin(self._rows.n_rows, self._batch, position.epoch, seed)
        return current.over(self._rows.chosen)

    def _steps(
        self, order: NDArray[np.int64], first: int, batch: int, most: int, mixture: Mixture | None = None
    ) -> tuple[Array, float]:  # fmt: skip
        """As many of `most` updates as Python may be without control, on the best number of threads; their losses and the seconds."""
        if most_threads() != self._most:
            self._plan_threads()
        pace = self._engine.pace
        tasks, count = pace.next()
        count = max(1, min(count, int(most)))
        begin = time.perf_counter()
        losses = self._engine.train(self._rows, order, first, batch, count, tasks, mixture)
        seconds = time.perf_counter() - begin
        pace.record(tasks, losses.size, seconds)
        return losses, seconds

    def _steps_of(self, epoch: Epoch, most: int) -> tuple[Array, int]:
        """A run of up to `most` steps of the epoch; their losses and the number of their rows."""
        with self._interrupt.held():
            mixture = None if self._mixer is None else self._mixer.of(epoch)
            losses, seconds = self._steps(epoch.order, epoch.done * epoch.batch, epoch.batch, most, mixture)
            n_rows = epoch.add(losses, seconds)
            self._under_way.batch = epoch.last_rows()
            return losses, n_rows

    def _divergence(self, layers: Sequence[int] = ()) -> Exception:
        """Go back to the last finite weights; the error that says what happened after them. `layers` are not finite before a step."""
        run, steps, epochs, optimizer = self._run, self._run.steps, self._run.epoch, self._run.optimizer
        of_data = self._error_of_data()
        run.history.stopped = "error" if of_data else "diverged"
        with self._interrupt.held():
            self._take_note()
            # Steps on other data would not be the same.
            repeated = self._guard.go_back(None if of_data else lambda count: self._replay(count, epochs))
            self._leave_complete(epochs)
            run.history.truncate(len(run.history) - (epochs - run.epoch))
            self._notes.restore(run.epoch, run.steps)
            run.plateaus.follow(run.epoch)
            error = explained(run, self._engine, self._rows, self._epoch().next_rows()) if repeated else changed(run, steps, layers)
            if repeated:
                self._guard.go_back()
                self._leave_complete(epochs)
            run.optimizer = optimizer
        return of_data or error

    def _error_of_data(self) -> ValueError | None:
        try:
            check_again(self._run, self._rows, self._measures.validation)
        except ValueError as error:
            return error
        return None

    def _replay(self, steps: int, epochs: int) -> Array:
        """The same steps once more, with nobody watching, when `epochs` have been counted; their losses."""
        run, last = self._run, self._run.steps + steps
        losses: list[Array] = []
        while run.steps < last:
            self._leave_complete(epochs)
            run.plateaus.follow(run.epoch)
            epoch = self._epoch()
            run.optimizer, changed = self._notes.optimizer(run.steps)
            end = last if changed is None else min(last, changed)
            losses.append(self._steps_of(epoch, min(end - run.steps, epoch.batches - epoch.done))[0])
        self._leave_complete(epochs)
        return np.concatenate(losses)

    def _leave_complete(self, epochs: int) -> None:
        """Go on to the next epoch after the last step of one that the history holds, as it holds `epochs`."""
        position, current = self._run.position, self._run.position.current
        if current is not None and current.rows == self._rows.n_rows and current.complete and position.epoch < epochs:
            position.current = None
            position.epoch += 1
