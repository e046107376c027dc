"""The trainer: batches, epochs, and when to stop. It computes nothing; the kernels know nothing of epochs."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any

from fastbp import layout
from fastbp._arguments import own_names
from fastbp._looks import Looks
from fastbp._names import flag, integer, lookup
from fastbp._random import as_seed
from fastbp.averages import Average, as_average
from fastbp.callbacks.base import AnyCallback, check_callbacks
from fastbp.data.labels import check_class_weight
from fastbp.losses import Loss, as_loss
from fastbp.mlp import MLP
from fastbp.processors.threads import check_threads
from fastbp.solvers import Method, as_method
from fastbp.training.calls import fit_of
from fastbp.training.engine import Engine
from fastbp.training.guard import Guard
from fastbp.training.held import check_batch_size
from fastbp.training.history import History
from fastbp.training.measures import Metrics, evaluate
from fastbp.training.mixup import check_mixup
from fastbp.training.run import Run
from fastbp.training.shards import Processes, check_distributed
from fastbp.training.single import SingleCalls


class Trainer(Looks):
    """Trains an `MLP` by back-propagation.

    Parameters
    ----------
    model : MLP
        Its parameters are changed in place.
    loss : str or Loss
        A name of those in `fastbp.losses`, such as "cross_entropy", for default settings, or an object.
    optimizer : str, Optimizer or Solver, default "sgd"
        A name of those in `fastbp.optimizers` or `fastbp.solvers`, or an object such as ``Adam(learning_rate=1e-3)``.
    batch_size : int or None, default 128
        Rows per update; 1 trains after every sample, None on the whole set at once, as solvers always do. The last one may be short.
    shuffle : bool, default True
        Visit the rows in a new order each epoch.
    seed : int, optional
        Fixes the orders of all epochs.
    threads : int, optional
        By default as many as help. No choice changes a bit of the result.
    precision : "float32"
        How products of a float32 model are computed; a float64 model always computes in float64.
    missing_targets : "error" or "ignore", default "error"
        With "ignore" a target that is NaN loses nothing and pulls at nothing; its output still counts in the mean over outputs.
    class_weight : "balanced" or dict, optional
        What rows count in ``fit``, by their labels, beside their sample weights. "balanced" lets all classes count the same.
    average : EMA, SWA or their names, optional
        An average of the weights over the steps. The model has it for validation and when ``fit`` has ended; training goes on without it.
    accumulate : int, default 1
        An update after so many batches, by the mean of their gradients: as of one batch as large.
    mixup : float, default 0
        In ``fit`` each row is mixed with a random other one, targets, too, by shares of the distribution Beta(mixup, mixup).
    shards : int, default 1
        Into so many parts a batch is cut. The gradient of each is computed apart, batch normalisation included; they are added in order.
    distributed : MPI, optional
        Several processes, of one machine or more, share out the shards; their number changes no bit.

    Attributes
    ----------
    epoch, steps : int
    history : History
    run : Run
        All that training changes, in one object: what callbacks are given.

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

    _called, _parts = "trainer", ("optimizer", "model")

    def __init__(
        self,
        model: MLP,
        *,
        loss: str | Loss,
        optimizer: str | Method = "sgd",
        batch_size: int | None = 128,
        shuffle: bool = True,
        seed: int | None = None,
        threads: int | None = None,
        precision: str = "float32",
        missing_targets: str = "error",
        class_weight: dict[Any, float] | str | None = None,
        average: str | Average | None = None,
        accumulate: int = 1,
        mixup: float = 0.0,
        shards: int = 1,
        distributed: Processes | None = None,
    ) -> None:
        if not isinstance(model, MLP):
            raise TypeError(f"model is of type {type(model).__name__}; expected an MLP")
        run = Run(
            model,
            as_loss(loss),
            as_method(optimizer),
            batch_size=check_batch_size(batch_size),
            shuffle=flag(shuffle, "shuffle"),
            seed=as_seed(seed),
            threads=check_threads(threads),
            precision=lookup(precision, {"float32": "float32"}, "precision"),
            missing_targets=lookup(missing_targets, {"error": "error", "ignore": "ignore"}, "missing_targets"),
            class_weight=check_class_weight(class_weight),
            average=as_average(average),
            accumulate=integer(accumulate, "accumulate", least=1),
            mixup=check_mixup(mixup, as_loss(loss)),
            shards=integer(shards, "shards", least=1),
            distributed=check_distributed(distributed),
        )
        run.take_output()
        self._begin(run)

    def _begin(self, run: Run) -> None:
        vars(self)["run"] = run
        self._engine, self._guard = Engine(run), Guard(run)
        self._single = SingleCalls(run, self._engine, self._guard)

    @own_names
    def fit(
        self,
        X: Any,
        y: Any,
        *,
        epochs: int,
        validation_data: tuple[Any, ...] | None = None,
        validation_split: float | None = None,
        metrics: Metrics = (),
        training_metrics: bool = False,
        sample_weight: Any = None,
        callbacks: Iterable[AnyCallback] | AnyCallback = (),
        progress: bool | str = "auto",
        time_limit: float | None = None,
        on_interrupt: str = "return",
    ) -> History:
        """Train for `epochs` more epochs. Called again it goes on from where it stands; an epoch left in the middle is finished first.

        Parameters
        ----------
        X : array-like of shape (n, n_inputs)
            Finite numbers of any real type. It is not copied, unless its columns lie together or its type is a rare one. The columns of a
            frame are taken by ``model.feature_names``.
        y : array-like
            Targets of the loss, of shape (n,) or (n, n_outputs), or labels of ``model.classes``.
        epochs : int
        validation_data : (X, y) or (X, y, sample_weight), optional
            Evaluated after every epoch. Errors about it begin with its name.
        validation_split : float, optional
            In place of it a share of the rows, not trained on: drawn by the trainer's seed, the same in every ``fit`` on as many rows, of
            each class in proportion. Nothing is copied.
        metrics : sequence of str, fastbp.metrics.Metric or functions
            What else is computed of the validation data after every epoch, into ``history.val_f1`` and so on: names of
            `fastbp.metrics`, or ``metric(y_true, y_pred)``, as `CustomMetric` says.
        training_metrics : bool, default False
            Compute them of the training data, too, into ``history.f1``: a pass over all of it.
        sample_weight : array-like of shape (n,), optional
            Not negative. The loss of a batch of B rows is ``sum_i w_i l_i / (B * mean(w))``, with the mean over the whole set: whatever the
            batches, a row of weight 2 pulls as two rows do.
        callbacks : Callback, function of the run, or sequence of them
        progress : bool or "auto"
            Show a bar on standard error; "auto" does when that is a terminal.
        time_limit : float, in seconds, optional
        on_interrupt : "return" or "raise"
            What Ctrl-C does at the next step: ``fit`` returns, or raises KeyboardInterrupt. A second one within 3 s always raises.

        Returns
        -------
        History
            The trainer's `history`; ``history.stopped`` tells why training ended.

        Raises
        ------
        ValueError, TypeError
            For data or arguments that do not fit; nothing has changed then. Also for data that a callback has spoilt: the epochs up to
            there are kept then.
        RuntimeError
            While another call trains the model.
        """
        return fit_of(self.run)(
            self.run, self._engine, self._guard, X, y, sample_weight, check_callbacks(callbacks), epochs=epochs,
            validation_data=validation_data, validation_split=validation_split, metrics=metrics, training_metrics=training_metrics,
            progress=progress, time_limit=time_limit, on_interrupt=on_interrupt,
        )  # fmt: skip

    def step(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Make one update on the rows of X, and return their loss before it: of these rows alone, with weights their weighted mean.

        Parameters and errors are those of `fit`; an `average` is not in the model then. The state to go back to is kept every 256 steps.
        """
        return self._single.step(X, y, sample_weight)

    def loss_and_gradients(self, X: Any, y: Any, sample_weight: Any = None) -> tuple[Any, ...]:
        """Loss over the rows of X, and its gradients; nothing is changed.

        Returns
        -------
        loss : float
        weight_gradients, bias_gradients : list of ndarray
            dW and db of each layer, as ``model.weights`` and ``model.biases``, without an optimizer's weight decay; of a normalised model
            also those of ``model.scales`` and ``model.shifts``. With dropout they are those of the next step.
        """
        loss, gradient = self._single.loss_and_gradient(X, y, sample_weight)
        arrays = layout.views(gradient, self.model.network.table)
        return loss, *(each for name, each in arrays.items() if not name.startswith("running"))

    def gradient_norms(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """How large the gradient of each row's own loss is, over all parameters: hardly slower than the gradient of them all.

        Rows that are hard, or mislabelled, have large ones. Parameters and errors are those of `fit`; nothing is changed.

        Returns
        -------
        ndarray of shape (n,)
            A row's loss counts by its weight over their mean; under batch normalisation, its gradient is what goes through its own sums.
        """
        return self._single.gradient_norms(X, y, sample_weight)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all that training is to a file, in one piece or not at all: `resume` goes on from there to the last bit.

        Parameters
        ----------
        path : str or path
            A safetensors file with a checksum: all of the run, and a digest of each array of data, but not the data. `MLP.load` reads it.

        Raises
        ------
        OSError, TypeError, ValueError
            When the file cannot be written, or not hold an optimizer or a function. An older file of that name is then untouched.
        """
        self.run.save(path)

    @classmethod
    def resume(cls, path: str | PathLike[str], threads: int | None = None, distributed: Processes | None = None) -> Trainer:
        """The trainer that `save`, or a `Checkpoint`, wrote. ``fit`` on the same data finishes the epoch under way first.

        Parameters
        ----------
        path : str or path
        threads, distributed : optional
            As of the trainer; no choice changes a bit of the result.

        Raises
        ------
        OSError, ValueError
            When there is no such file; when it is damaged, of a newer format, or none of fastbp's.

        Warns
        -----
        UserWarning
            From ``fit``, when its data are not those of the run: it names the array. Of arrays up to 64 MB all numbers are compared, of
            larger ones 64 blocks of 1 MB.
        """
        trainer = cls.__new__(cls)
        trainer.__setstate__({"run": Run.read(path, check_threads(threads), check_distributed(distributed))})
        return trainer

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None, metrics: Metrics = ()) -> dict[str, float]:
        """Loss over a data set and, for losses of classes, accuracy; with `metrics`, as of `fit`, these.

        Returns
        -------
        dict
            ``"loss"``, and ``"accuracy"``: the share of rows whose largest output is the right one (cross_entropy), of outputs on the
            right side (binary_cross_entropy, hinge, squared_hinge, focal), of those whose target is not missing.
        """
        return evaluate(self.run, X, y, sample_weight, metrics)

    def __getstate__(self) -> dict[str, Any]:
        """The run: what computes is made anew for a copy of it."""
        return {"run": self.run}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._begin(state["run"])

    def __repr__(self) -> str:
        return (
            f"Trainer({self.model!r}, loss={str(self.loss)!r}, optimizer={self.optimizer!r}, batch_size={self.batch_size}, "
            f"epoch={self.epoch}, steps={self.steps})"
        )
