"""What a training run looked like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from fastbp._table import attribute
from fastbp.training.part import Part, State

# Of all others an epoch may have no entry.
_ALWAYS = ("loss", "seconds", "samples_per_second")
# A table of more epochs shows so many of the first, and of the last.
_MOST, _SHOWN = 12, 5
_LOSSES = "loss", "val_loss"
_FORMATS = {"samples_per_second": ",.0f"}


@dataclass(repr=False)
class History(Part):
    """One entry per whole epoch, in the order of training. ``fit`` called again appends.

    Attributes
    ----------
    loss : list of float
        Training loss: the mean over the epoch's batches, by rows, each taken before its update.
    val_loss, val_accuracy : list of float or None
        On the validation data after the epoch; None for epochs without, and for losses that have no accuracy.
    metrics : dict of str to list of float or None
        What else was asked for: ``history.metrics["val_f1"]``, or ``history.val_f1``, on the validation data, ``history.f1`` on the
        training data. None for epochs without.
    seconds : list of float
        Wall time of the epoch's training, validation apart. The first of a process holds the loading, or compiling, of the kernels.
    samples_per_second : list of float
    stopped : str
        Why the last ``fit`` ended: "epochs" (all done), "time_limit", "interrupted" (Ctrl-C), "terminated" (SIGTERM), "converged" or
        "max_evaluations" (a solver), "early_stopping" or another word of the callback that asked, "callback" where it has none, "diverged"
        or "error" (another exception); empty while it runs, and so in a checkpoint of that time.
    """

    by_steps: ClassVar[bool] = False

    loss: list[float] = field(default_factory=list)
    val_loss: list[float | None] = field(default_factory=list)
    val_accuracy: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    samples_per_second: list[float] = field(default_factory=list)
    stopped: str = ""
    metrics: dict[str, list[float | None]] = field(default_factory=dict)

    def add(
        self, loss: float, validation: dict[str, float], seconds: float, rows: int, training: dict[str, float] | None = None
    ) -> None:  # fmt: skip
        """Append an epoch."""
        scores = {f"val_{name}": value for name, value in validation.items()} | (training or {})
        self.val_loss.append(scores.pop("val_loss", None))
        self.val_accuracy.append(scores.pop("val_accuracy", None))
        for name in scores:
            self.metrics.setdefault(name, [None] * len(self.loss))
        for name, entries in self.metrics.items():
            entries.append(scores.get(name))
        self.loss.append(loss)
        self.seconds.append(seconds)
        self.samples_per_second.append(rows / max(seconds, 1e-9))

    def __getattr__(self, name: str) -> list[float | None]:
        # What is being copied or read has no metrics yet.
        metrics: dict[str, list[float | None]] = vars(self).get("metrics", {})
        if name not in metrics:
            raise AttributeError(f"a History has no attribute {name!r}" + (f"; its metrics are {', '.join(metrics)}" if metrics else ""))
        return metrics[name]

    def truncate(self, epochs: int) -> None:
        """Forget all but the first `epochs`."""
        for entries in self.columns().values():
            del entries[epochs:]

    def __len__(self) -> int:
        return len(self.loss)

    def names(self, coming: Iterable[str] = ()) -> list[str]:
        """Of the lists, those of times last; `coming` are some that it may not have yet."""
        names = dict.fromkeys([*self.columns(), *coming])
        return sorted(names, key=_ALWAYS[1:].__contains__)

    def row(self, epoch: int) -> dict[str, Any]:
        """What they hold of an epoch, counted from 0, by their names."""
        return {name: entries[epoch] for name, entries in self.columns().items()}

    def __repr__(self) -> str:
        return f"History({self._summary()})"

    def _summary(self) -> str:
        """Epochs, the last figures, and why training ended."""
        parts = [f"{len(self)} epoch" + "s" * (len(self) != 1)]
        names = [name for name in self.columns() if name not in _ALWAYS[1:] and self._entry(name, len(self) - 1) is not None]
        parts += [f"{name} {self._entry(name, len(self) - 1):.4g}" for name in names]
        return ", ".join([*parts, f"stopped: {self.stopped}"] if self.stopped else parts)

    def _entry(self, name: str, epoch: int) -> Any:
        """What a list holds of an epoch, counted from 0; None where it holds nothing."""
        entries = getattr(self, name)
        return entries[epoch] if 0 <= epoch < len(entries) else None

    def _repr_html_(self) -> str:
        """A table for notebooks: a row for each epoch, of long histories for the first and the last."""
        shown: list[int | None] = list(range(len(self)))
        if len(self) > _MOST:
            shown[_SHOWN:-_SHOWN] = [None]
        names = list(self._known())
        html: str = attribute("fastbp._tables", "html_table")(
            self._summary(), ["epoch", *names], (self._cells(names, epoch) for epoch in shown)
        )
        return html

    def _cells(self, names: list[str], epoch: int | None) -> list[str]:
        if epoch is None:
            return ["..."] * (1 + len(names))
        entries = {name: self._entry(name, epoch) for name in names}
        return [str(epoch + 1), *("" if entry is None else format(entry, _FORMATS.get(name, ".4g")) for name, entry in entries.items())]

    def _known(self) -> dict[str, list[Any]]:
        """The lists that have an entry."""
        return {name: entries for name, entries in self.columns().items() if any(entry is not None for entry in entries)}

    def to_frame(self) -> Any:
        """The lists as columns, those without any entry left out.

        Returns
        -------
        pandas.DataFrame
            A row for each epoch, counted from 1 in the index ``epoch``; NaN where an epoch has no entry.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        epochs = range(1, len(self) + 1)
        return attribute("fastbp._tables", "data_frame")(self._known(), index=epochs, dtype=np.float64).rename_axis("epoch")

    def plot(self, ax: Any = None) -> Any:
        """Draw losses and, on an axis of their own at the right, scores over the epochs.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Of the losses.

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        ax = attribute("fastbp._plots", "axes")(ax)
        lists = {name: np.array(entries, np.float64) for name, entries in self._known().items() if name not in _ALWAYS[1:]}
        scores = [name for name in lists if name not in _LOSSES]
        right = ax.twinx() if scores else ax
        for number, (name, entries) in enumerate(lists.items()):
            place, style = (right, "--") if name in scores else (ax, "-")
            place.plot(np.arange(1, len(self) + 1), entries, style, color=f"C{number}", label=name)
        ax.set(xlabel="epoch", ylabel="loss")
        if scores:
            right.set_ylabel("score")
        if lists:
            right.legend(handles=[*ax.lines, *(right.lines if scores else ())])
        return ax

    def columns(self) -> dict[str, list[Any]]:
        """Every list by its name, metrics among them."""
        lists = {name: entries for name, entries in vars(self).items() if isinstance(entries, list)}
        times = {name: lists.pop(name) for name in _ALWAYS[1:]}
        return lists | self.metrics | times

    def state(self) -> State:
        """A vector for each list; where entries may be missing, another that tells which are not."""
        state: State = {"stopped": self.stopped, "metrics": list(self.metrics)}
        for name, entries in self.columns().items():
            state[name] = np.array(entries, np.float64)
            if name not in _ALWAYS:
                state[f"{name}.given"] = np.array([entry is not None for entry in entries], np.uint8)
        return state

    def load_state(self, state: State) -> None:
        """Take them back."""
        self.stopped = state["stopped"]
        # Files of earlier versions have none.
        self.metrics = {name: [] for name in state.get("metrics", [])}
        for name, entries in self.columns().items():
            given = np.ones(len(state[name])) if name in _ALWAYS else state[f"{name}.given"]
            entries[:] = [value if known else None for value, known in zip(state[name].tolist(), given.tolist(), strict=True)]

    def keep(self, before: Any = None) -> Any:
        """Nothing: whoever takes epochs back truncates it."""

    def restore(self, kept: Any) -> None:
        """Nothing."""
