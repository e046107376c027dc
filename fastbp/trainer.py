"""The trainer: batches, epochs, and when to stop. It computes nothing; the kernels know nothing of epochs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp import layout
from fastbp._names import flag, integer, lookup, real
from fastbp._random import as_seed, epoch_order
from fastbp._threads import check_threads, plan_tasks, running, task_choices
from fastbp._typing import Array
from fastbp.callbacks import Callback, check_callbacks
from fastbp.data import Rows
from fastbp.epoch import Epoch
from fastbp.history import History
from fastbp.inference import ROWS, score
from fastbp.interrupt import Interrupt
from fastbp.kernels.arguments import Rule, Workspace
from fastbp.kernels.codes import COEFFICIENTS, NO_UPDATE, TRAIN
from fastbp.kernels.sizes import gradients_size
from fastbp.losses import as_loss
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.optimizers.memory import Memory
from fastbp.pace import Pace
from fastbp.progress import Progress, check_progress
from fastbp.validation import check_inputs, check_sample_weight


class Trainer:
    """Trains an `MLP` by back-propagation.

    Parameters
    ----------
    model : MLP
        Its parameters are changed in place.
    loss : "squared_error", "cross_entropy" or "binary_cross_entropy"
        Formulas and targets are in `fastbp.losses`.
    optimizer : str or Optimizer, default "sgd"
        A name (sgd, rmsprop, adam, adamw) for default settings, or an object such as ``Adam(learning_rate=1e-3)``.
    batch_size : int or None, default 128
        Rows per update; 1 trains after every sample, None on the whole set at once. The last batch of an epoch may be short.
    shuffle : bool, default True
        Visit the rows in a new order each epoch.
    seed : int, optional
        Fixes the orders of all epochs.
    threads : int, optional
        By default as many as help. No choice changes a bit of the result.
    precision : "float32"
        How products of a float32 model are computed; a float64 model always computes in float64.

    Attributes
    ----------
    epoch : int
        Whole epochs done.
    steps : int
        Updates done.
    history : History

    Raises
    ------
    ValueError, TypeError
        For an argument outside its range, and for an output layer that does not suit the loss.

    Examples
    --------
    >>> import fastbp
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> trainer = fastbp.Trainer(fastbp.MLP([2, 8, 2], activation="tanh", seed=0), loss="cross_entropy", optimizer="adam", seed=0)
    >>> history = trainer.fit(X, y, epochs=1000)
    >>> trainer.evaluate(X, y)["accuracy"]
    1.0
    """

    def __init__(
        self,
        model: MLP,
        *,
        loss: str,
        optimizer: str | Optimizer = "sgd",
        batch_size: int | None = 128,
        shuffle: bool = True,
        seed: int | None = None,
        threads: int | None = None,
        precision: str = "float32",
    ) -> None:
        if not isinstance(model, MLP):
            raise TypeError(f"model is of type {type(model).__name__}; expected an MLP")
        self.loss = as_loss(loss)
        self.optimizer = as_optimizer(optimizer)
        self.batch_size = None if batch_size is None else integer(batch_size, "batch_size", least=1)
        self.shuffle = flag(shuffle, "shuffle")
        self.seed = as_seed(seed)
        self.threads = check_threads(threads)
        self.precision = lookup(precision, {"float32": "float32"}, "precision")
        output = self.loss.output_activation() if model.output_is_auto else model.output_activation
        self.loss.check_output(output, model.layer_sizes[-1])
        model.settle_output(output)
        self.model = model
        self.history = History()
        self.epoch = 0
        self.steps = 0
        self._current: Epoch | None = None
        self._pace = Pace((1,))
        self._workspace: Workspace | None = None
        self._gradients = layout.aligned_zeros(0, model.dtype)
        self._memory = Memory.of(self.optimizer, model.network.parameters.size, model.dtype)

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        epochs: int,
        validation_data: tuple[Any, Any] | None = None,
        sample_weight: Any = None,
        callbacks: Iterable[Callback] | Callback = (),
        progress: bool | str = "auto",
        time_limit: float | None = None,
    ) -> History:
        """Train for `epochs` more epochs. Called again it goes on from where it stands; an epoch left in the middle is finished first.

        Parameters
        ----------
        X : array-like of shape (n, n_inputs)
            Finite numbers of any real type; rows are converted as they are gathered, so that the data set is not copied.
        y : array-like
            Targets of the loss, of shape (n,) or (n, n_outputs).
        epochs : int
        validation_data : (X, y), optional
            Evaluated after every epoch.
        sample_weight : array-like of shape (n,), optional
            Not negative. A batch's loss is its weighted mean: a row of weight 2 counts as two rows.
        callbacks : Callback or sequence of them
        progress : bool or "auto"
            Show a bar on standard error; "auto" does when that is a terminal.
        time_limit : float, optional
            Seconds after which training stops at the next step.

        Returns
        -------
        History
            The trainer's `history`; ``history.stopped`` tells why training ended. Ctrl-C ends it at a step boundary.

        Raises
        ------
        ValueError, TypeError
            For data or arguments that do not fit; nothing has changed then.
        """
        rows = self._check(X, y, sample_weight)
        validation = None if validation_data is None else self._check(*_pair(validation_data))
        epochs = integer(epochs, "epochs", least=0)
        listeners = check_callbacks(callbacks)
        shown = check_progress(progress)
        deadline = None if time_limit is None else time.perf_counter() + real(time_limit, "time_limit", exclusive=True)
        self._check_optimizer()
        batch = min(self.batch_size or rows.n_rows, rows.n_rows)
        choices = task_choices(self.model.network, batch, self.threads)
        if self._pace.choices != choices:
            self._pace = Pace(choices)
        with contextlib.ExitStack() as ending:
            for listener in reversed(listeners):
                ending.callback(listener.on_fit_end, self)
            with Interrupt() as interrupt, Progress(shown, epochs * rows.n_rows) as bar:
                for listener in listeners:
                    listener.on_fit_begin(self)
                self.history.stopped = "epochs"
                last, watched = self.epoch + epochs, bool(listeners) or validation is not None
                while self.epoch < last:
                    if batch == rows.n_rows and self._current is None and not watched:
                        reason = self._repeat_step(rows, last - self.epoch, interrupt, deadline, bar)
                    else:
                        reason = self._finish_epoch(rows, batch, interrupt, deadline, bar)
                        if reason is None:
                            self._close_epoch(validation, bar)
                            reason = "callback" if any([listener.on_epoch_end(self) for listener in listeners]) else None
                    if reason is not None:
                        self.history.stopped = reason
                        break
        return self.history

    def step(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Make one update on the rows of X, and return their loss before it.

        Parameters and errors are those of `fit`.
        """
        rows = self._check(X, y, sample_weight)
        self._check_optimizer()
        losses = self._train(rows, np.arange(rows.n_rows), 0, rows.n_rows, 1)
        return float(losses[0])

    def loss_and_gradients(self, X: Any, y: Any, sample_weight: Any = None) -> tuple[float, list[Array], list[Array]]:
        """Loss over the rows of X, and its gradients; nothing is changed.

        Returns
        -------
        loss : float
        weight_gradients : list of ndarray
            dW of each layer, of the shape of ``model.weights[l]``. An optimizer's weight decay is not in it.
        bias_gradients : list of ndarray
        """
        rows = self._check(X, y, sample_weight)
        size, nothing = self.model.network.parameters.size, np.zeros((1, COEFFICIENTS), self.model.dtype)
        gradients = layout.aligned_zeros(max(size, gradients_size(rows.n_rows, size)), self.model.dtype)
        losses = self._run(rows, np.arange(rows.n_rows), Rule(NO_UPDATE, 0, nothing, gradients, nothing[0]), 0, rows.n_rows, 1)
        return float(losses[0]), *layout.matrices(gradients[:size], self.model.network.table)

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None) -> dict[str, float]:
        """Loss over a data set and, for the two cross-entropies, accuracy.

        Returns
        -------
        dict
            ``"loss"``, and ``"accuracy"``: the share of rows whose largest output is the right one (cross_entropy), of outputs on the
            right side of one half (binary_cross_entropy).
        """
        return self._evaluate(self._check(X, y, sample_weight))

    def __repr__(self) -> str:
        return (
            f"Trainer({self.model!r}, loss={self.loss.name!r}, optimizer={self.optimizer!r}, batch_size={self.batch_size}, "
            f"epoch={self.epoch}, steps={self.steps})"
        )

    def _check_optimizer(self) -> None:
        self.optimizer = as_optimizer(self.optimizer)
        self.optimizer.check()
        self.optimizer.check_range(self.model.dtype)

    def _check(self, X: Any, y: Any, sample_weight: Any = None) -> Rows:
        sizes, dtype = self.model.layer_sizes, self.model.dtype
        inputs = check_inputs(X, sizes[0], dtype)
        targets = self.loss.check_targets(y, inputs.shape[0], sizes[-1], dtype)
        return Rows(inputs, targets, check_sample_weight(sample_weight, inputs.shape[0], dtype))

    def _finish_epoch(self, rows: Rows, batch: int, interrupt: Interrupt, deadline: float | None, bar: Progress) -> str | None:
        """Train to the end of the epoch under way; or say why it stopped before."""
        if self._current is None or self._current.rows != rows.n_rows:
            self._current = self._begin_epoch(rows.n_rows, batch)
        epoch = self._current
        while epoch.done < epoch.batches:
            reason = _reason_to_stop(interrupt, deadline)
            if reason is not None:
                return reason
            first = epoch.done * epoch.batch
            losses, seconds = self._train_in_time(rows, epoch.order, first, epoch.batch, epoch.batches - epoch.done)
            epoch.losses[epoch.done : epoch.done + losses.size] = losses
            epoch.done += losses.size
            epoch.seconds += seconds
            bar.advance(int(epoch.rows_before(epoch.done)) - first)
        return None

    def _repeat_step(self, rows: Rows, most: int, interrupt: Interrupt, deadline: float | None, bar: Progress) -> str | None:
        """Up to `most` epochs of one step on the whole set, which nobody watches, in one call of the kernels; or say why there are none."""
        reason = _reason_to_stop(interrupt, deadline)
        if reason is not None:
            return reason
        losses, seconds = self._train_in_time(rows, np.arange(rows.n_rows), 0, rows.n_rows, most)
        # Rounded as the mean over the batches of an epoch is.
        for loss in (losses.astype(np.float64) * rows.n_rows / rows.n_rows).tolist():
            self.history.add(loss, {}, seconds / losses.size, rows.n_rows)
        self.epoch += losses.size
        bar.advance(losses.size * rows.n_rows)
        bar.epoch(self.epoch, self.history.loss[-1], {})
        return None

    def _train_in_time(self, rows: Rows, order: NDArray[np.int64], first: int, batch: int, most: int) -> tuple[Array, float]:
        """As many of `most` updates as Python may be without control, on the best number of threads; their losses and the seconds."""
        tasks, count = self._pace.next()
        count = min(count, most)
        begin = time.perf_counter()
        losses = self._train(rows, order, first, batch, count, tasks)
        seconds = time.perf_counter() - begin
        self._pace.record(tasks, count, seconds)
        return losses, seconds

    def _begin_epoch(self, n_rows: int, batch: int) -> Epoch:
        shuffled = self.shuffle and batch < n_rows
        order = epoch_order(self.seed, self.epoch, n_rows) if shuffled else np.arange(n_rows)
        return Epoch(n_rows, batch, order, losses=np.zeros(-(-n_rows // batch)))

    def _close_epoch(self, validation: Rows | None, bar: Progress) -> None:
        epoch = self._current
        assert epoch is not None
        loss = epoch.mean_loss()
        scores = {} if validation is None else self._evaluate(validation)
        self._current = None
        self.epoch += 1
        self.history.add(loss, scores, epoch.seconds, epoch.rows)
        bar.epoch(self.epoch, loss, scores)

    def _train(self, rows: Rows, order: NDArray[np.int64], first: int, batch: int, count: int, tasks: int | None = None) -> Array:
        """`count` updates, on batches of `batch` rows from place `first` of the order on."""
        if not self._memory.fits(self.optimizer):
            self._memory = self._memory.adapted(self.optimizer)
        rates = self.optimizer.rates(self._memory.steps, count, self.model.dtype)
        needed = gradients_size(batch, self.model.network.parameters.size)
        if self._gradients.size < needed:
            self._gradients = layout.aligned_zeros(needed, self.model.dtype)
        rule = Rule(self.optimizer.code, self.optimizer.n_slots, rates, self._gradients, self._memory.slots.reshape(-1))
        losses = self._run(rows, order, rule, first, batch, count, tasks)
        self._memory.steps += count
        self.steps += count
        return losses

    def _run(self, rows: Rows, order: NDArray[np.int64], rule: Rule, first: int, batch: int, count: int, tasks: int | None = None) -> Array:
        from fastbp.kernels import programs

        network = self.model.network
        zero = self.model.dtype.type(0)
        results: Array = np.zeros(count, self.model.dtype)
        data = rows.data(order)
        tasks = plan_tasks(network, batch, self.threads) if tasks is None else tasks
        buffers = self._buffers(batch, rows.target_width, tasks)
        with running(tasks):
            programs.run(TRAIN, network, buffers, data, rule, self.loss.code, first, batch, zero, results, tasks)
        return results

    def _buffers(self, rows: int, target_width: int, tasks: int) -> Workspace:
        """The training workspace, made anew only when it is too small."""
        held = self._workspace
        most = max(tasks, *self._pace.choices)
        if held is None or not layout.has_room(held, rows, target_width, most):
            held = self._workspace = layout.workspace(self.model.network, rows, target_width, most, training=True)
        return layout.prepared(held, self.model.network, rows, tasks)

    def _evaluate(self, rows: Rows) -> dict[str, float]:
        network, size = self.model.network, min(rows.n_rows, ROWS)
        tasks = plan_tasks(network, size, self.threads)
        scores = score(network, rows, self.loss.code, size, tasks)
        names = ("loss", "accuracy") if self.loss.has_accuracy else ("loss",)
        return dict(zip(names, scores.tolist(), strict=False))


def _reason_to_stop(interrupt: Interrupt, deadline: float | None) -> str | None:
    if interrupt.asked:
        return "interrupted"
    return "time_limit" if deadline is not None and time.perf_counter() >= deadline else None


def _pair(validation_data: Any) -> tuple[Any, Any]:
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
        raise TypeError(f"validation_data is of type {type(validation_data).__name__}; expected a pair (X, y)")
    return validation_data[0], validation_data[1]
