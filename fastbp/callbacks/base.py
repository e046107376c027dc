"""What user code may do between steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

from fastbp._arguments import OwnNames
from fastbp._names import nearest
from fastbp.training.part import State, copied
from fastbp.training.run import Run


class Callback(OwnNames):
    """Base of callbacks: override what is needed. ``on_fit_end`` is called however ``fit`` ends, by an error too.

    Each is given the run, and nothing else: `model`, `optimizer`, `history`, `epoch`, `steps`, and `losses`, those of the epoch under way
    so far. At the end of an epoch ``on_epoch_end`` comes before ``on_pause``. All are called in the thread of ``fit``, which refuses hooks
    that ask for other arguments, and methods named ``on_...`` that it would never call.

    In place of True a word may stop the training, which ``history.stopped`` then is.

    What a callback remembers is saved and resumed with the run when it has `state` and `load_state`.

    Examples
    --------
    >>> import fastbp
    >>> class Halve(fastbp.Callback):
    ...     def __init__(self):
    ...         self.best = float("inf")
    ...
    ...     def on_epoch_end(self, run):
    ...         if run.history.loss[-1] > self.best:
    ...             run.optimizer.learning_rate /= 2
    ...         self.best = min(self.best, run.history.loss[-1])
    ...
    ...     def state(self):
    ...         return {"best": self.best}
    ...
    ...     def load_state(self, state):
    ...         self.best = state["best"]

    A function of the run is a callback, too: ``callbacks=lambda run: run.history.loss[-1] < 0.01`` stops when it gives True.
    """

    #: Whether it is called after all others of its moment, whatever the order in which they were given: what writes files is.
    after_others = False
    #: Whether it may write into the data that are trained on: they are checked once more after it was called.
    changes_data = True

    def on_fit_begin(self, run: Run) -> bool | str | None:
        """Before the first step of a call of ``fit``. True ends it there."""

    def on_steps(self, run: Run) -> None:
        """After some steps, before validation: where the weights may be changed. ``run.under_way`` has what the last step computed."""

    def on_epoch_end(self, run: Run) -> bool | str | None:
        """After a whole epoch and its validation; ``run.history`` holds it. True stops the training."""

    def on_pause(self, run: Run) -> bool | str | None:
        """Between two steps, about every 50 ms, and after as many steps as `steps_to_pause` said. True stops the training."""

    def steps_to_pause(self, run: Run) -> int | None:
        """How many steps may be made before ``on_pause`` is called again; None: it does not matter."""

    def on_fit_end(self, run: Run) -> None:
        """After the last step of a call of ``fit``."""

    def state(self) -> State:
        """What it must know to go on in another process: values of JSON, and arrays, by name."""
        return {}

    def load_state(self, state: State) -> None:
        """Go on from what `state` gave. Called after ``Trainer.resume``, before ``on_fit_begin``."""

    def mark(self) -> Any:
        """What to go back to when steps are taken back, after divergence; asked for between runs of steps. A copy of the state."""
        return copied(self.state())

    def go_back(self, mark: Any) -> None:
        """Go back to what `mark` gave."""
        if mark:
            self.load_state(copied(mark))


class EpochFunction(Callback):
    """A function of the run as a callback: it is called after each epoch, and True stops the training. What else it gives is left alone."""

    def __init__(self, function: Callable[[Run], Any]) -> None:
        self._function = function

    def on_epoch_end(self, run: Run) -> bool:
        """Call it."""
        answer = self._function(run)
        return isinstance(answer, (bool, np.bool_)) and bool(answer)


#: What ``fit`` takes as a callback.
AnyCallback: TypeAlias = Callback | Callable[[Run], Any]

# What is called, each with the run alone.
_HOOKS = "on_fit_begin", "on_steps", "on_epoch_end", "on_pause", "steps_to_pause", "on_fit_end"


def check_callbacks(callbacks: object) -> list[Callback]:
    """`callbacks` as a list; TypeError for what is none, or has methods that would never be called, or not with what they ask for."""
    if type(callbacks) is tuple and not callbacks:
        return []
    given: list[Any] = [callbacks] if isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable) else list(callbacks)
    return [_checked(callback) for callback in given]


def _checked(given: Any) -> Callback:
    if isinstance(given, type):
        raise TypeError(f"callbacks has the class {given.__name__}; expected an object of it, as {given.__name__}() gives")
    if not isinstance(given, Callback):
        if not callable(given):
            expected = "expected objects of classes made from Callback, or functions of the run"
            raise TypeError(f"callbacks has {given!r} of type {type(given).__name__}; {expected}")
        _check_arguments(given, getattr(given, "__name__", repr(given)), "(run), and be called after each epoch")
        return EpochFunction(given)
    _check_names(type(given))
    for name in _HOOKS:
        hook = getattr(given, name)
        if getattr(hook, "__func__", None) is not getattr(Callback, name):
            _check_arguments(hook, f"{type(given).__name__}.{name}", "(run)")
    return given


def _check_names(made: type[Callback]) -> None:
    """Raise TypeError for a method that is named like a hook and is none."""
    for name in dir(made):
        if name.startswith("on_") and name not in _HOOKS and callable(getattr(made, name)):
            near = nearest(name, _HOOKS, 0)
            raise TypeError(f"{made.__name__}.{name} is never called; fastbp calls {', '.join(_HOOKS)}. Did you mean {near!r}?")


def _check_arguments(hook: Any, called: str, expected: str) -> None:
    """Raise TypeError for a hook that does not take the run, or takes the logs of other libraries."""
    import inspect

    try:
        signature = inspect.signature(hook)
    # Of what is not written in Python there may be none to be had.
    except ValueError:
        return
    try:
        signature.bind(None)
        fits = "logs" not in signature.parameters
    except TypeError:
        fits = False
    if not fits:
        raise TypeError(f"{called} takes {signature}; expected {expected}. The run has epoch, steps, history, model, ...")
