"""The trainer: batches, epochs, and when to stop. It computes nothing; the kernels know nothing of epochs."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp import layout
from fastbp._names import flag, integer, lookup, real
from fastbp._random import as_seed
from fastbp._typing import Array
from fastbp.callbacks.base import Callback, check_callbacks
from fastbp.data.rows import Rows
from fastbp.data.validation import check_inputs, check_sample_weight
from fastbp.files.run_file import read_run, write_run
from fastbp.inference import ROWS, score
from fastbp.losses import Loss, as_loss
from fastbp.mlp import MLP
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.processors.threads import check_threads, plan_tasks
from fastbp.training.divergence import unexplained
from fastbp.training.engine import Engine
from fastbp.training.epoch import Epoch
from fastbp.training.fitting import Fit
from fastbp.training.guard import Guard
from fastbp.training.history import History
from fastbp.training.memory import Memory
from fastbp.training.pace import Pace
from fastbp.training.progress import check_progress


class Trainer:
    """Trains an `MLP` by back-propagation.

    Parameters
    ----------
    model : MLP
        Its parameters are changed in place.
    loss : str or Loss
        A name of those in `fastbp.losses`, such as "cross_entropy", for default settings, or an object.
    optimizer : str or Optimizer, default "sgd"
        A name of those in `fastbp.optimizers` for default settings, or an object such as ``Adam(learning_rate=1e-3)``.
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
        loss: str | Loss,
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
        self.loss.check_range(model.dtype)
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
        self._engine = Engine(model, self.loss)
        self._memory = Memory.of(self.optimizer, model.network.parameters.size, model.dtype)
        self._guard = Guard()
        self._data: dict[str, Any] | None = None  # the fingerprint of what was last trained on
        self._resumed = False  # and no ``fit`` since

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
        fit = Fit(self, rows, validation, listeners, shown, deadline)
        self._recognise(rows)
        fit.run(epochs)
        self._resumed = False
        return self.history

    def step(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Make one update on the rows of X, and return their loss before it.

        Parameters and errors are those of `fit`.
        """
        rows = self._check(X, y, sample_weight)
        self._check_optimizer()
        if not self._guard.is_current:
            self._guard.begin(self)
        losses = self._train(rows, np.arange(rows.n_rows), 0, rows.n_rows, 1)
        if not (self._guard.losses_are_well(self, losses) and self._guard.weights_are_well(self)):
            steps = self.steps
            self._guard.go_back(self)
            raise unexplained(self, steps)
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
        loss, gradient = self._gradients(rows, np.arange(rows.n_rows))
        return loss, *layout.matrices(gradient, self.model.network.table)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all that training is to a file, in one piece or not at all: `resume` goes on from there to the last bit.

        Parameters
        ----------
        path : str or path
            A safetensors file with a checksum: weights and biases, the optimizer's state, the place in the epoch, seeds, history, settings,
            and a fingerprint of the data, but not the data. `MLP.load` reads the model from it.

        Raises
        ------
        OSError
            When the file cannot be written; an older file of that name is then untouched.
        TypeError
            For an optimizer of a class that is not fastbp's.
        """
        write_run(path, self)

    @classmethod
    def resume(cls, path: str | PathLike[str], threads: int | None = None) -> Trainer:
        """The trainer that `save`, or a `Checkpoint`, wrote. ``fit`` on the same data finishes the epoch under way first.

        Parameters
        ----------
        path : str or path
        threads : int, optional
            By default as many as help; no choice changes a bit of the result.

        Raises
        ------
        OSError
            When there is no such file.
        ValueError
            When the file is damaged, of a newer format, or none of fastbp's.

        Warns
        -----
        UserWarning
            From ``fit``, when its data are not those of the run.
        """
        return read_run(path, cls, check_threads(threads))

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
            f"Trainer({self.model!r}, loss={str(self.loss)!r}, optimizer={self.optimizer!r}, batch_size={self.batch_size}, "
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

    def _recognise(self, rows: Rows) -> None:
        """Remember the data by their fingerprint, and warn when they are not those of the run that was resumed."""
        found, known = rows.fingerprint(), self._data
        if self._resumed and known not in (None, found):
            what = f"{found['arrays']} instead of {known['arrays']}" if found["arrays"] != known["arrays"] else "other values in the rows"
            warnings.warn(f"the data are not those of the run that was resumed: {what}", UserWarning, stacklevel=3)
        self._data = found

    def _train(self, rows: Rows, order: NDArray[np.int64], first: int, batch: int, count: int, tasks: int | None = None) -> Array:
        """`count` updates, on batches of `batch` rows from place `first` of the order on."""
        if not self._memory.fits(self.optimizer):
            self._memory = self._memory.adapted(self.optimizer)
        tasks = self._tasks(batch) if tasks is None else tasks
        losses = self._engine.train(rows, order, first, batch, count, self.optimizer, self._memory, tasks)
        self.steps += count
        return losses

    def _gradients(self, rows: Rows, batch: NDArray[np.int64]) -> tuple[float, Array]:
        """Loss and flat gradient of a batch."""
        return self._engine.gradients(rows, batch, self._tasks(batch.size))

    def _tasks(self, rows: int) -> int:
        return plan_tasks(self.model.network, rows, self.threads)

    def _evaluate(self, rows: Rows) -> dict[str, float]:
        network, size = self.model.network, min(rows.n_rows, ROWS)
        scores = score(network, rows, self.loss, size, self._tasks(size))
        names = ("loss", "accuracy") if self.loss.has_accuracy else ("loss",)
        return dict(zip(names, scores.tolist(), strict=False))


def _pair(validation_data: Any) -> tuple[Any, Any]:
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
        raise TypeError(f"validation_data is of type {type(validation_data).__name__}; expected a pair (X, y)")
    return validation_data[0], validation_data[1]
