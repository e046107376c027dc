"""What a training run looked like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from fastbp.training.part import Part, State

# Of these an epoch may have no entry.
_OPTIONAL = ("val_loss", "val_accuracy")


@dataclass
class History(Part):
    """One entry per whole epoch, in the order of training. ``fit`` called again appends.

    Attributes
    ----------
    loss : list of float
        Training loss: the mean over the epoch's batches, by rows, each taken before its update.
    val_loss, val_accuracy : list of float or None
        On the validation data after the epoch; None for epochs without, and for losses that have no accuracy.
    seconds : list of float
        Wall time of the epoch's training, validation apart. The first of a process holds the loading, or compiling, of the kernels.
    samples_per_second : list of float
    stopped : str
        Why the last ``fit`` ended: "epochs" (all done), "time_limit", "interrupted" (Ctrl-C), "terminated" (SIGTERM), "callback",
        "diverged" or "error" (another exception); empty while it runs, and so in a checkpoint of that time.
    """

    by_steps: ClassVar[bool] = False

    loss: list[float] = field(default_factory=list)
    val_loss: list[float | None] = field(default_factory=list)
    val_accuracy: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    samples_per_second: list[float] = field(default_factory=list)
    stopped: str = ""

    def add(self, loss: float, validation: dict[str, float], seconds: float, rows: int) -> None:
        """Append an epoch."""
        self.loss.append(loss)
        self.val_loss.append(validation.get("loss"))
        self.val_accuracy.append(validation.get("accuracy"))
        self.seconds.append(seconds)
        self.samples_per_second.append(rows / max(seconds, 1e-9))

    def truncate(self, epochs: int) -> None:
        """Forget all but the first `epochs`."""
        for entries in self._columns().values():
            del entries[epochs:]

    def __len__(self) -> int:
        return len(self.loss)

    def _columns(self) -> dict[str, list[Any]]:
        return {name: entries for name, entries in vars(self).items() if isinstance(entries, list)}

    def state(self) -> State:
        """A vector for each list; where entries may be missing, another that tells which are not."""
        state: State = {"stopped": self.stopped}
        for name, entries in self._columns().items():
            state[name] = np.array(entries, np.float64)
            if name in _OPTIONAL:
                state[f"{name}.given"] = np.array([entry is not None for entry in entries], np.uint8)
        return state

    def load_state(self, state: State) -> None:
        """Take them back."""
        self.stopped = state["stopped"]
        for name, entries in self._columns().items():
            given = state[f"{name}.given"] if name in _OPTIONAL else np.ones(len(state[name]))
            entries[:] = [value if known else None for value, known in zip(state[name].tolist(), given.tolist(), strict=True)]

    def keep(self, before: Any = None) -> Any:
        """Nothing: whoever takes epochs back truncates it."""

    def restore(self, kept: Any) -> None:
        """Nothing."""
