"""The estimators: scikit-learn's, whose numbers the compiled kernels compute."""

from __future__ import annotations

import inspect
from numbers import Integral, Real
from os import PathLike
from typing import Any

from sklearn import neural_network
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from fastbp._typing import Array
from fastbp.activations import ACTIVATIONS, Activation
from fastbp.losses import LOSSES, Loss
from fastbp.mlp import MLP
from fastbp.optimizers import OPTIMIZERS, Optimizer
from fastbp.sklearn.several import Several
from fastbp.trainer import Trainer

# Where scikit-learn looks for the ranges of parameters. What is not here fastbp's classes check.
_RANGES: dict[str, Any] = {
    "activation": [StrOptions({"logistic", *ACTIVATIONS}), Activation, "array-like"],
    "optimizer": [None, StrOptions({*OPTIMIZERS}), Optimizer],
    "threads": [None, Interval(Integral, 1, None, closed="left")],
    "n_models": [Interval(Integral, 1, None, closed="left")],
    "time_limit": [None, Interval(Real, 0, None, closed="neither")],
    "checkpoint": [None, str, PathLike],
    **dict.fromkeys(("normalization", "dropout", "input_dropout", "callbacks", "progress"), "no_validation"),
}


def _gives_probabilities(estimator: Any) -> bool:
    return not isinstance(estimator.loss, Loss) or estimator.loss.default_output().name in ("softmax", "sigmoid")


class Compiled(Several):
    """What both estimators share."""

    _parameter_constraints: dict[str, Any]

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        cls._parameter_constraints = cls._parameter_constraints | _RANGES | vars(cls).get("_RANGES", {})

    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> Any:
        """Fit the model.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional
        X_val, y_val : optional
            What to stop by with ``early_stopping=True``, in place of rows set aside.

        Returns
        -------
        self : object
        """
        if (X_val is None) != (y_val is None):
            raise ValueError(f"{'y_val' if y_val is None else 'X_val'} is missing; expected X_val and y_val, or none of them")
        self._validation = None if X_val is None else (X_val, y_val)
        try:
            return super().fit(X, y, sample_weight=sample_weight)
        finally:
            del self._validation

    def _take(self, given: dict[str, Any]) -> None:
        """Keep the arguments of the constructor: scikit-learn's by its own, the others as they are."""
        theirs = inspect.signature(self.theirs).parameters
        self.theirs.__init__(self, **{name: value for name, value in given.items() if name in theirs})
        vars(self).update({name: value for name, value in given.items() if name not in theirs and name != "self"})

    @property
    def model_(self) -> MLP:
        """The fitted model."""
        check_is_fitted(self)
        return self._ready().model

    @property
    def trainer_(self) -> Trainer:
        """A trainer of it."""
        check_is_fitted(self)
        return self._ready().trainer

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Array:
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return self._outputs(X)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[misc]
        if self._network is not None:
            self._network.write(self.coefs_, self.intercepts_)
            self._link(self._network)


class MLPClassifier(Compiled, neural_network.MLPClassifier):  # type: ignore[misc]
    """scikit-learn's `MLPClassifier`, trained by fastbp: the same parameters, attributes, methods, errors, and numbers.

    Parameters
    ----------
    hidden_layer_sizes, activation, ..., max_fun
        As in `sklearn.neural_network.MLPClassifier`. `activation` may be any of fastbp's, or one for each hidden layer.
    loss : "log_loss" or Loss, default "log_loss"
    class_weight : dict or "balanced", optional
        What rows count by their labels, beside their sample weights.
    optimizer : str or Optimizer, optional
        One of `fastbp.optimizers` in place of the solver's. What is said of rates, momentum and `alpha` does not hold for it.
    normalization, dropout, input_dropout
        As of `fastbp.MLP`.
    callbacks : Callback or sequence of them, optional
    progress : bool or "auto", default False
        Show a bar.
    time_limit : float, optional
        In seconds; training ends after the epoch under way.
    checkpoint : str or path, optional
        A folder, where each fit has a file of its own. The same fit (parameters, an integer `random_state`, data), begun again, goes on
        from it, or takes the result: so does a search that was killed.
    threads : int, optional
        By default as many as help; one within joblib's workers. No choice changes a bit of the result.
    n_models : int, default 1
        So many networks with different first weights and orders are trained side by side, and what they give is averaged.

    Attributes
    ----------
    coefs_, intercepts_, loss_, loss_curve_, n_iter_, ...
        As in scikit-learn. The arrays are views of the parameters of `model_`.
    model_ : MLP
        The fitted model; of several the first, of which the other attributes are, too.
    models_ : list of MLP
        All of them.
    trainer_ : Trainer
        One that goes on with `model_`, the settings and what the solver remembers.

    Notes
    -----
    Sparse rows are made dense a few batches at a time, with lbfgs and by fastbp's own loop all at once. With a `loss` of fastbp,
    `optimizer`, `normalization`, dropout or `callbacks` the numbers are those of fastbp's own loop: the orders of rows too, and the L2
    penalty is of biases, too. scikit-learn's stopping rule, early stopping and curves stay.
    """

    theirs = neural_network.MLPClassifier
    _RANGES = {"loss": [StrOptions({"log_loss"}), Loss], "class_weight": [None, StrOptions({"balanced"}), dict]}  # noqa: RUF012

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: str | Loss = "log_loss",
        class_weight: Any = None,
        optimizer: str | Optimizer | None = None,
        normalization: Any = None,
        dropout: Any = 0.0,
        input_dropout: float = 0.0,
        callbacks: Any = None,
        progress: bool | str = False,
        time_limit: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        threads: int | None = None,
        n_models: int = 1,
    ) -> None:
        self._take(locals())

    def _predict(self, X: Any, check_input: bool = True) -> Array:
        outputs = self._forward_pass_fast(X, check_input=check_input)
        # scikit-learn's border of yes-or-no answers is 1/2; that of logits is 0.
        if not _gives_probabilities(self):
            outputs = outputs + 0.5
        found: Array = self._label_binarizer.inverse_transform(outputs.ravel() if self.n_outputs_ == 1 else outputs)
        return found

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Array:
        """Probability estimates, of shape (n_samples, n_classes).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        """
        found: Array = super().predict_proba(X)
        return found


class MLPRegressor(Compiled, neural_network.MLPRegressor):  # type: ignore[misc]
    """scikit-learn's `MLPRegressor`, trained by fastbp: the same parameters, attributes, methods, errors, and numbers.

    Parameters
    ----------
    loss, hidden_layer_sizes, activation, ..., max_fun
        As in `sklearn.neural_network.MLPRegressor`. `loss` may be another of fastbp's, by its name or as an object; `activation` any of
        fastbp's, or one for each hidden layer.
    optimizer : str or Optimizer, optional
        One of `fastbp.optimizers` in place of the solver's. What is said of rates, momentum and `alpha` does not hold for it.
    normalization, dropout, input_dropout
        As of `fastbp.MLP`.
    callbacks : Callback or sequence of them, optional
    progress : bool or "auto", default False
        Show a bar.
    time_limit : float, optional
        In seconds; training ends after the epoch under way.
    checkpoint : str or path, optional
        A folder, where each fit has a file of its own. The same fit (parameters, an integer `random_state`, data), begun again, goes on
        from it, or takes the result: so does a search that was killed.
    threads : int, optional
        By default as many as help; one within joblib's workers. No choice changes a bit of the result.
    n_models : int, default 1
        So many networks with different first weights and orders are trained side by side, and what they give is averaged.

    Attributes
    ----------
    coefs_, intercepts_, loss_, loss_curve_, n_iter_, ...
        As in scikit-learn. The arrays are views of the parameters of `model_`.
    model_ : MLP
        The fitted model; of several the first, of which the other attributes are, too.
    models_ : list of MLP
        All of them.
    trainer_ : Trainer
        One that goes on with `model_`, the settings and what the solver remembers.

    Notes
    -----
    Sparse rows are made dense a few batches at a time, with lbfgs and by fastbp's own loop all at once. With a `loss` of fastbp,
    `optimizer`, `normalization`, dropout or `callbacks` the numbers are those of fastbp's own loop: the orders of rows too, and the L2
    penalty is of biases, too. scikit-learn's stopping rule, early stopping and curves stay.
    """

    theirs = neural_network.MLPRegressor
    _RANGES = {"loss": [StrOptions({*LOSSES}), Loss]}  # noqa: RUF012

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        optimizer: str | Optimizer | None = None,
        normalization: Any = None,
        dropout: Any = 0.0,
        input_dropout: float = 0.0,
        callbacks: Any = None,
        progress: bool | str = False,
        time_limit: float | None = None,
        checkpoint: str | PathLike[str] | None = None,
        threads: int | None = None,
        n_models: int = 1,
    ) -> None:
        self._take(locals())
