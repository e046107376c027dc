"""What user code may do between steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastbp._names import nearest
from fastbp.training.part import State
from fastbp.training.run import Run


class Callback:
    """Base of callbacks: override what is needed. ``on_fit_end`` is called however ``fit`` ends, by an error too.

    Each is given the run, and nothing else: `model`, `optimizer`, `history`, `epoch`, `steps`, and `losses`, those of the epoch under way
    so far. At the end of an epoch ``on_epoch_end`` comes before ``on_pause``. All are called in the thread of ``fit``, which refuses hooks
    that ask for other arguments, and methods named ``on_...`` that it would never call.

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
    """

    #: Whether it is called after all others of its moment, whatever the order in which they were given: what writes files is.
    after_others = False

    def on_fit_begin(self, run: Run) -> None:
        """Before the first step of a call of ``fit``."""

    def on_epoch_end(self, run: Run) -> bool | None:
        """After a whole epoch and its validation; ``run.history`` holds it. True stops the training."""

    def on_pause(self, run: Run) -> bool | None:
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


# What is called, each with the run alone.
_HOOKS = "on_fit_begin", "on_epoch_end", "on_pause", "steps_to_pause", "on_fit_end"


def check_callbacks(callbacks: object) -> list[Callback]:
    """`callbacks` as a list; TypeError for what is none, or has methods that would never be called, or not with what they ask for."""
    given: list[Any] = [callbacks] if isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable) else list(callbacks)
    for callback in given:
        if not isinstance(callback, Callback):
            raise TypeError(f"callbacks has {callback!r} of type {type(callback).__name__}; expected objects of classes made from Callback")
        _check_names(type(callback))
        for name in _HOOKS:
            _check_hook(callback, name)
    return given


def _check_names(made: type[Callback]) -> None:
    """Raise TypeError for a method that is named like a hook and is none."""
    for name in dir(made):
        if name.startswith("on_") and name not in _HOOKS and callable(getattr(made, name)):
            near = nearest(name, _HOOKS, 0)
            raise TypeError(f"{made.__name__}.{name} is never called; fastbp calls {', '.join(_HOOKS)}. Did you mean {near!r}?")


def _check_hook(callback: Callback, name: str) -> None:
    """Raise TypeError for a hook that does not take the run, or takes the logs of other libraries."""
    hook = getattr(callback, name)
    if getattr(hook, "__func__", None) is getattr(Callback, name):
        return
    import inspect

    try:
        signature = inspect.signature(hook)
    # Of what is not written in Python there may be none to be had.
    except ValueError:
        return
    try:
        signature.bind(callback)
        fits = "logs" not in signature.parameters
    except TypeError:
        fits = False
    if not fits:
        raise TypeError(f"{type(callback).__name__}.{name} takes {signature}; expected (run), which has epoch, steps, history, model, ...")
