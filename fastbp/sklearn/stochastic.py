"""Epoch after epoch, with scikit-learn's orders of rows, its rates and its rule for when to stop.

The estimators inherit from scikit-learn's, whose methods check parameters and data, draw weights, and judge an epoch. What computes is
here, in `network` and in `own`.
"""

from __future__ import annotations

import copy
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.utils import compute_sample_weight
from sklearn.utils.validation import check_array, validate_data

from fastbp._typing import Array
from fastbp.callbacks.base import check_callbacks
from fastbp.data.rows import as_they_lie
from fastbp.optimizers import SGD, Adam, Optimizer
from fastbp.sklearn.losses import Criterion
from fastbp.sklearn.network import Network
from fastbp.sklearn.own import Own
from fastbp.sklearn.rules import AdamRule, Penalties, VelocityRule
from fastbp.sklearn.saved import Saved
from fastbp.training.progress import Progress, check_progress
from fastbp.training.run import Run

# Losses that scikit-learn has; of classes there is one, by the kind of classes.
_LOSSES = "log_loss", "squared_error", "poisson"


class Sets(NamedTuple):
    """What is trained on, and what training is judged by."""

    X: Any
    y: Array
    sample_weight: Array | None
    X_val: Any = None
    y_val: Any = None
    sample_weight_val: Array | None = None


class Stochastic:
    """In place of scikit-learn's methods of the same names."""

    if TYPE_CHECKING:
        # Of the estimator that inherits from this.
        def __getattr__(self, name: str) -> Any: ...

    coefs_: list[Array]
    intercepts_: list[Array]
    _best_coefs: list[Array]
    _best_intercepts: list[Array]
    out_activation_: str
    t_: int
    #: None where there is no network, or it is of other sizes.
    _network: Network | Own | None = None
    #: Training is to end after the epoch under way.
    _given_up = False
    #: X and y to judge by, while `fit` was given some.
    _validation: tuple[Any, Any] | None = None

    @property
    def _is_own(self) -> bool:
        """Whether something is asked for that scikit-learn has not and its updates do not do."""
        between = self.normalization is not None or self.dropout != 0 or self.input_dropout != 0
        return bool(between or self.optimizer is not None or self.callbacks or not self._is_of_sklearn(self.loss))

    @staticmethod
    def _is_of_sklearn(loss: Any) -> bool:
        return isinstance(loss, str) and loss in _LOSSES

    def _initialize(self, y: Array, layer_units: list[int], dtype: Any) -> None:
        super()._initialize(y, layer_units, dtype)  # type: ignore[misc]
        self._network = None

    def _fit_lbfgs(self, X: Any, y: Array, sample_weight: Array | None, *others: Any) -> None:
        if self._is_own or self._validation is not None:
            raise ValueError(
                "solver='lbfgs' goes without dropout, normalization, optimizer, callbacks, X_val, and with losses of scikit-learn"
            )
        self._link(self._new_network())
        weights = self._weighed(y, sample_weight)
        saved, order = Saved(self.checkpoint, self, (X, y, weights)), as_they_lie(1)
        if not saved.read(self, self._ready(), order)[0]:
            super()._fit_lbfgs(X, y, weights, *others)  # type: ignore[misc]
            self._link(self._ready())
            saved.write(self, self._ready(), order, ended=True)

    def _fit_stochastic(
        self, X: Any, y: Array, sample_weight: Array | None, activations: Any, deltas: Any, coef_grads: Any, intercept_grads: Any,
        layer_units: Any, incremental: bool,
    ) -> None:  # fmt: skip
        if not incremental or not hasattr(self, "_optimizer") or isinstance(self._network, Own) != self._is_own:
            self._begin()
        network = self._ready()
        self._link(network)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        if self._validation is not None and not self.early_stopping:
            raise ValueError("X_val and y_val are what training is stopped by: they need early_stopping=True")
        if incremental and is_classifier(self) and isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' counts all rows, which partial_fit does not see; give it a dict of weights by label")
        weights = self._weighed(y, sample_weight)
        sets = self._split(X, y, weights) if self.early_stopping else Sets(X, y, weights)
        try:
            if isinstance(network, Own):
                self._train_own(network, sets, incremental)
            else:
                self._train(network, sets, incremental)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        finally:
            if isinstance(network, Network):
                network.forget()
        if self.early_stopping:
            network.write(self._best_coefs, self._best_intercepts)
            # As there, the best ones change from now on where the weights do, until there are better ones.
            self._best_coefs, self._best_intercepts = self.coefs_, self.intercepts_

    def _weighed(self, y: Array, sample_weight: Array | None) -> Array | None:
        """The weights of rows, with those of their classes."""
        if not is_classifier(self) or self.class_weight is None:
            return sample_weight
        of_class: Array = compute_sample_weight(self.class_weight, self._label_binarizer.inverse_transform(y))
        return of_class if sample_weight is None else of_class * sample_weight

    def _begin(self) -> None:
        """Another optimizer, which remembers nothing."""
        if self.solver == "sgd":
            self._optimizer = SGDOptimizer([], self.learning_rate_init, self.learning_rate)
            self._optimizer.power_t = self.power_t
        else:
            self._optimizer = AdamOptimizer([], self.learning_rate_init)
        network = self._new_own() if self._is_own else self._new_network()
        self._link(network)

    def _new_network(self, before: Network | None = None) -> Network:
        penalties = Penalties(self.alpha)
        rule: VelocityRule | AdamRule
        if self.solver == "adam":
            rule = AdamRule(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon, penalties=penalties)
        else:
            nesterov = bool(self.nesterovs_momentum)
            rule = VelocityRule(self.learning_rate_init, self.momentum, nesterov, penalties=penalties)
        return Network(self.coefs_, self.intercepts_, self.activation, self.out_activation_, rule, before)

    def _new_own(self) -> Own:
        loss = Criterion(self.out_activation_, self.n_outputs_).name if self._is_of_sklearn(self.loss) else self.loss
        between = {name: getattr(self, name) for name in ("normalization", "dropout", "input_dropout")}
        optimizer = self._like_solver() if self.optimizer is None else copy.deepcopy(self.optimizer)
        own = Own(
            self.coefs_, self.intercepts_, self.activation, loss, optimizer, between=between, shuffle=bool(self.shuffle),
            seed=int(self._random_state.randint(np.iinfo(np.int32).max)), threads=self.threads,
        )  # fmt: skip
        self.out_activation_ = own.out_activation
        return own

    def _like_solver(self) -> Optimizer:
        """The optimizer of fastbp's with the same settings."""
        if self.solver == "adam":
            return Adam(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)
        return SGD(self.learning_rate_init, min(self.momentum, 1 - 1e-9), bool(self.nesterovs_momentum and self.momentum > 0))

    def _ready(self) -> Network | Own:
        """The network with the parameters that the estimator has, which may be others since."""
        network = self._network
        if network is None:
            network = self._network = self._new_network()
        elif isinstance(network, Network) and network.activation != self.activation:
            network = self._network = self._new_network(network)
        if isinstance(network, Network):
            network.set_alpha(self.alpha)
        network.write(self.coefs_, self.intercepts_)
        return network

    def _link(self, network: Network | Own) -> None:
        """Let `coefs_` and `intercepts_` be views of the network's parameters, in the lists where they are."""
        self._network = network
        self.coefs_[:], self.intercepts_[:] = network.parameters

    def _split(self, X: Any, y: Array, sample_weight: Array | None) -> Sets:
        """With rows to judge by: given, or set aside as scikit-learn draws them; ValueError when these are less than two."""
        if self._validation is not None:
            given = validate_data(self, self._validation[0], accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False)
            return Sets(X, y, sample_weight, given, check_array(self._validation[1], ensure_2d=False, dtype=None))
        arrays = [X, y] if sample_weight is None else [X, y, sample_weight]
        stratify = y if is_classifier(self) and self.n_outputs_ == 1 else None
        drawn = train_test_split(*arrays, random_state=self._random_state, test_size=self.validation_fraction, stratify=stratify)
        training, aside = drawn[::2], drawn[1::2]
        if aside[0].shape[0] < 2:
            raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
        if is_classifier(self):
            aside[1] = self._label_binarizer.inverse_transform(aside[1])
        return Sets(training[0], training[1], training[2] if len(training) > 2 else None, *aside)

    def _rows_of_batch(self, n_samples: int) -> int:
        if self.batch_size == "auto":
            return min(200, n_samples)
        if self.batch_size > n_samples:
            warnings.warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=2)
        return int(np.clip(self.batch_size, 1, n_samples))

    def _train(self, network: Network, sets: Sets, incremental: bool) -> None:
        """Up to `max_iter` epochs; one where it is `incremental`."""
        n_samples, begin = sets.X.shape[0], time.perf_counter()
        batch, saved = self._rows_of_batch(n_samples), Saved(None if incremental else self.checkpoint, self, sets)
        self.n_iter_ = 0
        ended, order = saved.read(self, network, np.arange(n_samples))
        with Progress(check_progress(self.progress), n_samples * (1 if incremental else self.max_iter - self.n_iter_)) as bar:
            while not ended and self.n_iter_ < self.max_iter:
                if self.shuffle:
                    # What sklearn.utils.shuffle does, but for checks that take longer than an epoch of few rows.
                    places = np.arange(n_samples)
                    self._random_state.shuffle(places)
                    order = order[places]
                if self.solver == "sgd":
                    network.set_rate(self._optimizer.learning_rate)
                loss = network.epoch(sets.X, sets.y, sets.sample_weight, order, batch, self.threads)
                ended = self._close_epoch(loss, sets)
                bar.advance(n_samples)
                bar.epoch(self.n_iter_, loss, {}, {})
                late = self.time_limit is not None and time.perf_counter() - begin >= self.time_limit
                saved.write(self, network, order, ended=ended, now=late or self.n_iter_ == self.max_iter)
                if incremental or late:
                    return
        if not ended:
            self._warn_of_end()

    def _train_own(self, own: Own, sets: Sets, incremental: bool) -> None:
        """The same by fastbp's loop. Of that a checkpoint keeps fits that have come to their end."""
        saved, order = Saved(None if incremental else self.checkpoint, self, sets), as_they_lie(1)
        if saved.exists:
            if not saved.read(self, own, order)[0]:
                self._warn_of_end()
            return
        n_samples, epochs = sets.X.shape[0], 1 if incremental else self.max_iter
        batch = self._rows_of_batch(n_samples)
        if self.optimizer is None:
            own.trainer.optimizer.weight_decay = self.alpha / batch
        self.n_iter_ = 0

        def judge(run: Run) -> bool:
            stops = self._close_epoch(run.history.loss[-1], sets)
            if self.optimizer is None and self.solver == "sgd":
                run.optimizer.learning_rate = self._optimizer.learning_rate
            return stops

        own.fit(
            sets.X, sets.y, sets.sample_weight, epochs=epochs, batch=batch, callbacks=check_callbacks(self.callbacks or ()), judge=judge,
            progress=self.progress, time_limit=self.time_limit,
        )  # fmt: skip
        stopped = own.trainer.history.stopped
        if stopped != "time_limit":
            saved.write(self, own, order, ended=stopped != "epochs", now=True)
        if stopped == "epochs" and not incremental:
            self._warn_of_end()

    def _close_epoch(self, loss: float, sets: Sets) -> bool:
        """Take note of an epoch; whether it is the last one."""
        self.n_iter_ += 1
        self.loss_ = loss
        self.t_ += sets.X.shape[0]
        self.loss_curve_.append(loss)
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {loss:.8f}")
        self._update_no_improvement_count(self.early_stopping, *sets[3:])
        self._optimizer.iteration_ends(self.t_)
        return self._given_up or (self._no_improvement_count > self.n_iter_no_change and self._stops())

    def _stops(self) -> bool:
        """Whether training ends, where it has not got better for long enough; else the rate becomes smaller."""
        what = "Validation score" if self.early_stopping else "Training loss"
        message = f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} consecutive epochs."
        stops = bool(self._optimizer.trigger_stopping(message, self.verbose))
        if not stops:
            self._no_improvement_count = 0
        return stops

    def _warn_of_end(self) -> None:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=2,
        )

    def _backprop(
        self, X: Any, y: Array, sample_weight: Array | None, activations: Any, deltas: Any, coef_grads: Any, intercept_grads: Any
    ) -> tuple[float, list[Array], list[Array]]:
        """Loss and gradients of all rows: what L-BFGS asks for."""
        network = self._ready()
        assert isinstance(network, Network)
        return network.loss_and_gradients(X, y, sample_weight, self.threads)
