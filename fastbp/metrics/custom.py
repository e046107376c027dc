"""A metric of the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from fastbp._names import flag
from fastbp.metrics.answers import Answers
from fastbp.metrics.base import Metric


class CustomMetric(Metric):
    """function(y_true, y_pred), a number, such as those of ``sklearn.metrics``.

    Parameters
    ----------
    function : function
        It is given the labels of ``model.classes``, or targets as they were given, and what the model says: labels for losses of classes,
        else predictions. One target, or one output, is of shape (n,), several are (n, n_outputs). Weights of rows, scaled to a mean of 1,
        come as `sample_weight` when it has an argument of that name; rows of weight 0 are left out.
    name : str, optional
        By default that of the function.
    outputs : bool, default False
        Let `y_pred` be probabilities for losses of classes, too; (n, n_outputs) of cross_entropy.

    Examples
    --------
    >>> import fastbp
    >>> def brier(y_true, y_pred):
    ...     return ((y_pred - y_true) ** 2).mean()
    >>> trainer = fastbp.Trainer(fastbp.MLP([1, 4, 1], seed=0), loss="binary_cross_entropy", seed=0)
    >>> history = trainer.fit(
    ...     [[0.0], [1.0]] * 9, [0, 1] * 9, epochs=1, validation_split=0.2, metrics=[fastbp.CustomMetric(brier, outputs=True)]
    ... )
    >>> len(history.val_brier)
    1
    """

    name = "custom"

    function: Callable[..., Any]
    outputs: bool

    def __init__(self, function: Callable[..., Any], name: str | None = None, outputs: bool = False) -> None:
        if not callable(function):
            raise TypeError(f"function is {function!r} of type {type(function).__name__}; expected a function of y_true and y_pred")
        called = getattr(function, "__name__", type(function).__name__) if name is None else name
        if not isinstance(called, str) or not called.isidentifier():
            raise ValueError(f"a metric cannot be called {called!r}; give it a name, such as fastbp.CustomMetric(function, name='gain')")
        vars(self).update(function=function, called=called, outputs=flag(outputs, "outputs"), takes_weights=_check(function, called))

    @property
    def label(self) -> str:
        """Its name."""
        return str(vars(self)["called"])

    def figure(self, answers: Answers) -> float:
        """What the function gives; TypeError when that is no number."""
        weights = {"sample_weight": answers.weights} if vars(self)["takes_weights"] and answers.weights is not None else {}
        try:
            value = self.function(*answers.for_users(self.outputs), **weights)
        except Exception as error:
            error.add_note(f"in the metric {self.label!r}")
            raise
        try:
            return float(value)
        except (TypeError, ValueError):
            raise TypeError(f"metric {self.label!r} gave {value!r:.80} of type {type(value).__name__}; expected a number") from None


def _check(function: Callable[..., Any], called: str) -> bool:
    """Whether a function takes weights; TypeError for one that is not of two arrays."""
    try:
        signature = inspect.signature(function)
    # Of what is not written in Python there may be none to be had.
    except ValueError:
        return False
    try:
        signature.bind(None, None)
    except TypeError:
        raise TypeError(f"metric {called!r} takes {signature}; expected (y_true, y_pred)") from None
    return "sample_weight" in signature.parameters
