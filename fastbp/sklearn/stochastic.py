"""Epoch after epoch, with scikit-learn's orders of rows, its rates and its rule for when to stop.

The estimators inherit from scikit-learn's, whose methods check parameters and data, draw weights, and judge an epoch. What computes is here
and in `network`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.utils import shuffle

from fastbp._typing import Array
from fastbp.sklearn.network import Network
from fastbp.sklearn.rules import AdamRule, Penalties, VelocityRule


class Sets(NamedTuple):
    """What is trained on, and what is set aside to stop by."""

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
    t_: int
    #: None where there is no network, or it is of other sizes.
    _network: Network | None = None

    def _initialize(self, y: Array, layer_units: list[int], dtype: Any) -> None:
        super()._initialize(y, layer_units, dtype)  # type: ignore[misc]
        self._network = None

    def _fit_stochastic(
        self, X: Any, y: Array, sample_weight: Array | None, activations: Any, deltas: Any, coef_grads: Any, intercept_grads: Any,
        layer_units: Any, incremental: bool,
    ) -> None:  # fmt: skip
        if not incremental or not hasattr(self, "_optimizer"):
            self._begin()
        network = self._ready()
        self._link(network)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        sets = self._split(X, y, sample_weight) if self.early_stopping else Sets(X, y, sample_weight)
        try:
            self._train(network, sets, incremental)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        finally:
            network.forget()
        if self.early_stopping:
            network.write(self._best_coefs, self._best_intercepts)
            # As there, the best ones change from now on where the weights do, until there are better ones.
            self._best_coefs, self._best_intercepts = self.coefs_, self.intercepts_

    def _fit_lbfgs(self, *arguments: Any) -> None:
        self._link(self._new_network())
        super()._fit_lbfgs(*arguments)  # type: ignore[misc]
        self._link(self._ready())

    def _begin(self) -> None:
        """Another optimizer, which remembers nothing."""
        if self.solver == "sgd":
            self._optimizer = SGDOptimizer([], self.learning_rate_init, self.learning_rate)
            self._optimizer.power_t = self.power_t
        else:
            self._optimizer = AdamOptimizer([], self.learning_rate_init)
        self._link(self._new_network())

    def _new_network(self, before: Network | None = None) -> Network:
        penalties = Penalties(self.alpha)
        rule: VelocityRule | AdamRule
        if self.solver == "adam":
            rule = AdamRule(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon, penalties=penalties)
        else:
            nesterov = bool(self.nesterovs_momentum)
            rule = VelocityRule(self.learning_rate_init, self.momentum, nesterov, penalties=penalties)
        return Network(self.coefs_, self.intercepts_, self.activation, self.out_activation_, rule, before)

    def _ready(self) -> Network:
        """The network with the parameters that the estimator has, which may be others since."""
        network = self._network
        if network is None or network.activation != self.activation:
            network = self._network = self._new_network(network)
        network.set_alpha(self.alpha)
        network.write(self.coefs_, self.intercepts_)
        return network

    def _link(self, network: Network) -> None:
        """Let `coefs_` and `intercepts_` be views of the network's parameters, in the lists where they are."""
        self._network = network
        self.coefs_[:], self.intercepts_[:] = network.parameters

    def _split(self, X: Any, y: Array, sample_weight: Array | None) -> Sets:
        """Rows set aside as scikit-learn draws them; ValueError when they are less than two."""
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
        n_samples = sets.X.shape[0]
        order, batch = np.arange(n_samples), self._rows_of_batch(n_samples)
        self.n_iter_ = 0
        for _ in range(self.max_iter):
            if self.shuffle:
                order = shuffle(order, random_state=self._random_state)
            if self.solver == "sgd":
                network.set_rate(self._optimizer.learning_rate)
            self.loss_ = network.epoch(sets.X, sets.y, sets.sample_weight, order, batch, self.threads)
            self.n_iter_ += 1
            self.t_ += n_samples
            self.loss_curve_.append(self.loss_)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            self._update_no_improvement_count(self.early_stopping, *sets[3:])
            self._optimizer.iteration_ends(self.t_)
            if self._no_improvement_count > self.n_iter_no_change and self._stops():
                break
            if incremental:
                break
            if self.n_iter_ == self.max_iter:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=2,
                )

    def _stops(self) -> bool:
        """Whether training ends, where it has not got better for long enough; else the rate becomes smaller."""
        what = "Validation score" if self.early_stopping else "Training loss"
        message = f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} consecutive epochs."
        stops = bool(self._optimizer.trigger_stopping(message, self.verbose))
        if not stops:
            self._no_improvement_count = 0
        return stops

    def _backprop(
        self, X: Any, y: Array, sample_weight: Array | None, activations: Any, deltas: Any, coef_grads: Any, intercept_grads: Any
    ) -> tuple[float, list[Array], list[Array]]:
        """Loss and gradients of all rows: what L-BFGS asks for."""
        return self._ready().loss_and_gradients(X, y, sample_weight)
