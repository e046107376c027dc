"""A metric of the history: whether it is there, which way it gets better, and its best epoch so far."""

from __future__ import annotations

from typing import Any

from fastbp._direction import better
from fastbp._names import lookup
from fastbp._table import attribute
from fastbp.callbacks.base import Callback
from fastbp.callbacks.seen import Seen
from fastbp.training.part import State
from fastbp.training.run import Run

#: What other libraries call some metrics.
OTHER_NAMES = {"trainloss": "loss", "validloss": "val_loss", "validationloss": "val_loss", "acc": "accuracy", "valacc": "val_accuracy"}


def check_metric(metric: str, run: Run) -> None:
    """Raise ValueError where the epochs of this ``fit`` will have no such metric."""
    names = run.measured
    if metric in names:
        return
    asked = _asked_for(metric, run)
    why = asked and f"fit was not asked for it; expected fit(..., {asked})"
    if metric.startswith("val_") and not any(name.startswith("val_") for name in names):
        why = "fit was given no validation data" + (f", and not asked for {asked}" if asked else "")
    elif metric in run.history.names():
        why = "this fit has none of it"
    if why:
        raise ValueError(f"metric={metric!r}: {why}; the epochs will have {', '.join(names)}")
    lookup(metric, {name: name for name in names}, "metric", OTHER_NAMES)


def _asked_for(metric: str, run: Run) -> str:
    """The arguments of ``fit`` that ask for a metric; empty for what it always has, and for what is none, or none for the loss."""
    own = metric.removeprefix("val_")
    if metric == "val_accuracy":
        return ""
    try:
        attribute("fastbp.metrics", "as_metrics")(own, run.loss, run.model.layer_sizes[-1])
    except (ValueError, TypeError, ImportError):
        return ""
    return f"metrics=[{own!r}]" + (", training_metrics=True" if own == metric else "")


def value_of(metric: str, run: Run) -> float:
    """The metric of the last epoch."""
    row = run.history.row(-1)
    value = row.get(metric)
    if value is None:
        names = [name for name, each in row.items() if each is not None]
        raise ValueError(f"epoch {run.epoch} has no {metric!r}; it has {', '.join(names)}")
    return float(value)


class Watching(Callback):
    """Base of callbacks that look for the best epoch.

    Attributes
    ----------
    best : float or None
        The metric of the best epoch so far.
    best_epoch : int or None
        Its number, the first being 1.
    """

    changes_data = False

    def __init__(self, metric: str, mode: str) -> None:
        self.metric, self.mode = metric, better(metric, mode)
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self.best: float | None = None
        self.best_epoch: int | None = None
        self._seen = Seen()

    def on_fit_begin(self, run: Run) -> bool | str | None:
        """Make sure that there will be such a metric; forget what was seen of another run."""
        check_metric(self.metric, run)
        if not self._seen.knows(run):
            self._forget()
        return None

    def _look(self, run: Run) -> tuple[float, bool]:
        """The metric of the last epoch, and whether it is the best so far. NaN never is, nor weights that are not finite."""
        value = value_of(self.metric, run)
        self._seen.note(run)
        return value, self._exceeds(value, self.best) and run.parameters.is_finite() and run.averages.is_finite()

    def _exceeds(self, value: float, other: float | None, by: float = 0.0) -> bool:
        """Whether one is better than the other by more than so much; any number is better than none."""
        if other is None:
            return value == value
        return value < other - by if self.mode == "min" else value > other + by

    def state(self) -> State:
        """The best, and the last epoch seen."""
        return {} if self._seen.nothing else {"best": self.best, "best_epoch": self.best_epoch, "seen": self._seen.described()}

    def load_state(self, state: State) -> None:
        """Go on from there."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self._seen = Seen.from_description(state["seen"])

    def go_back(self, mark: Any) -> None:
        """To before the first epoch, too."""
        if mark:
            super().go_back(mark)
        else:
            self._forget()
