"""Fitted estimators of scikit-learn as ours, and ours as scikit-learn's. Each goes on training where the other stands."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer
from sklearn.utils.validation import check_is_fitted

from fastbp.sklearn.network import Network
from fastbp.sklearn.stochastic import Stochastic

# What scikit-learn has.
_ACTIVATIONS = "identity", "logistic", "tanh", "relu"
_OUTPUTS = "identity", "logistic", "softmax", "exp"


class Convertible(Stochastic):
    """An estimator that may be made of scikit-learn's, and become one."""

    #: scikit-learn's class.
    theirs: ClassVar[type[Any]]

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """A copy of a fitted estimator of scikit-learn, which predicts the same and goes on from there.

        Parameters
        ----------
        fitted : sklearn.neural_network.MLPClassifier or MLPRegressor

        Raises
        ------
        TypeError
            For an estimator of another kind.
        sklearn.exceptions.NotFittedError
            For one that is not fitted.
        """
        if not isinstance(fitted, cls.theirs):
            raise TypeError(f"fitted is of type {type(fitted).__name__}; expected {cls.theirs.__name__} of scikit-learn")
        check_is_fitted(fitted)
        parameters = fitted.get_params()
        ours = cls(**parameters)
        vars(ours).update({name: copy.deepcopy(value) for name, value in vars(fitted).items() if name not in (*parameters, "_network")})
        ours._take_optimizer()
        return ours

    def to_sklearn(self) -> Any:
        """A copy as scikit-learn's estimator, which predicts the same and goes on from there.

        Raises
        ------
        ValueError
            For what scikit-learn cannot compute: other activations or losses, normalisation.
        """
        check_is_fitted(self)
        self._check_convertible()
        theirs = self.theirs(**{name: getattr(self, name) for name in self.theirs().get_params()})
        state = {name: value for name, value in vars(self).items() if name not in (*self.get_params(), "_network")}
        vars(theirs).update(copy.deepcopy(state))
        network = self._ready()
        if hasattr(self, "_optimizer") and isinstance(network, Network):
            self._give_optimizer(vars(theirs)["_optimizer"], network)
        else:
            # Another begins with the next call of partial_fit.
            vars(theirs).pop("_optimizer", None)
        return theirs

    def _check_convertible(self) -> None:
        if not isinstance(self.activation, str) or self.activation not in _ACTIVATIONS:
            raise ValueError(f"activation is {self.activation!r}; scikit-learn has {', '.join(_ACTIVATIONS)}")
        if self.normalization is not None:
            raise ValueError(f"normalization is {self.normalization!r}; scikit-learn has none")
        if self.out_activation_ not in _OUTPUTS or not self._is_of_sklearn(self.loss):
            raise ValueError(f"loss is {self.loss!r}; scikit-learn has log_loss for classes, squared_error and poisson for numbers")

    def _take_optimizer(self) -> None:
        """What scikit-learn's optimizer remembers, into the network."""
        optimizer = getattr(self, "_optimizer", None)
        network = self._new_network()
        if isinstance(optimizer, AdamOptimizer):
            network.remember([optimizer.ms, optimizer.vs], optimizer.t)
            optimizer.ms, optimizer.vs = [], []
        elif isinstance(optimizer, SGDOptimizer):
            network.set_rate(optimizer.learning_rate)
            network.remember([[-velocity / optimizer.learning_rate for velocity in optimizer.velocities]], 1)
            optimizer.velocities = []
        self._link(network)

    def _give_optimizer(self, optimizer: Any, network: Network) -> None:
        """The same the other way round."""
        slots = network.remembered()
        if isinstance(optimizer, AdamOptimizer):
            (optimizer.ms, optimizer.vs), optimizer.t = slots, network.memory.steps
            optimizer.beta_1, optimizer.beta_2, optimizer.epsilon = self.beta_1, self.beta_2, self.epsilon
        else:
            optimizer.velocities = [-network.rate * slot for slot in slots[0]]
            optimizer.momentum, optimizer.nesterov = self.momentum, self.nesterovs_momentum
