"""Saves a run while it trains."""

from __future__ import annotations

import contextlib
import glob
import re
import time
import warnings
from os import PathLike
from pathlib import Path

from fastbp._names import integer
from fastbp.callbacks.base import Callback
from fastbp.callbacks.before import keep_before
from fastbp.files.sealed import as_path, check_writable, link_atomically, sweep, write_atomically
from fastbp.training.run import Run

# Units of time by the names that users write, and how many seconds they are.
_SECONDS = {"s": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600}
_UNITS = {"step": "step", "steps": "step", "epoch": "epoch", "epochs": "epoch"} | dict.fromkeys(_SECONDS, "s")
_EXPECTED = "expected a number and a unit, such as '200 steps', '5 epochs', '30 s' or '10 min'"


class Checkpoint(Callback):
    """Writes the run to a file from time to time and when ``fit`` ends; `Trainer.resume` goes on from it to the last bit.

    It is written after an error or a signal, too, but not after divergence: the weights are finite then, but mostly past use.

    The file is replaced in one piece: a process killed at any instant leaves the last one or the new one. A write that fails while training
    goes on, for want of space, say, is told as a warning and tried again when the next is due; at the end of ``fit`` it is an error.

    A run that begins at step 0 keeps the file of another that it finds there as ``run-before.safetensors``, or, where there is one
    already, ``run-before-2.safetensors`` and so on; it warns of it. These files stay until you remove them.

    Parameters
    ----------
    path : str or path
        Of the newest checkpoint.
    every : str, default "1 epoch"
        ``"200 steps"``, ``"5 epochs"``, ``"30 s"``, ``"10 min"`` or ``"1 h"``. Steps and epochs are counted from the start of the run, and
        every one hit exactly.
    keep : int, default 1
        How many checkpoints stay. With more than one, the newest is also ``run-<steps>.safetensors`` beside ``run.safetensors``, and so
        are `keep` - 1 before it.

    Raises
    ------
    ValueError, TypeError
        For an argument that cannot be understood.
    OSError
        From ``fit``: before it trains, when no file can be written there, and at its end.

    Examples
    --------
    >>> import fastbp, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.safetensors"
    >>> if path.exists():
    ...     trainer = fastbp.Trainer.resume(path)
    ... else:
    ...     trainer = fastbp.Trainer(fastbp.MLP([1, 4, 1], seed=0), loss="squared_error", seed=0)
    >>> history = trainer.fit([[0.0], [1.0]], [0.0, 1.0], epochs=20 - trainer.epoch, callbacks=fastbp.Checkpoint(path, every="5 epochs"))
    >>> fastbp.Trainer.resume(path).epoch
    20
    """

    after_others = True
    changes_data = False

    def __init__(self, path: str | PathLike[str], every: str = "1 epoch", keep: int = 1) -> None:
        self.path = as_path(path)
        self.every = every
        self._count, self._unit = _parsed(every)
        self.keep = integer(keep, "keep", least=1)
        self._begun = self._due = False
        self._written: tuple[int, int] | None = None  # epoch and steps of the last file of this fit
        self._clock = 0.0

    def on_fit_begin(self, run: Run) -> None:
        """Make sure that files can be written, and that the run of another trainer is not lost."""
        run.check_storable()
        check_writable(self.path)
        keep_before(self.path, run, "Trainer.resume would go on from it")
        self._begun, self._written, self._clock = True, None, time.monotonic()

    def steps_to_pause(self, run: Run) -> int | None:
        """Steps to the next that is due."""
        return self._count - run.steps % self._count if self._unit == "step" else None

    def on_epoch_end(self, run: Run) -> None:
        """See whether the epoch is one of those asked for."""
        self._due = self._unit == "epoch" and run.epoch % self._count == 0

    def on_pause(self, run: Run) -> None:
        """Write the run when the epoch or the step is one of those asked for, or the time has come."""
        due, self._due = self._due, False
        due |= self._unit == "step" and run.steps % self._count == 0
        if due or (self._unit == "s" and time.monotonic() >= self._clock + self._count):
            self._try_to_write(run)

    def on_fit_end(self, run: Run) -> None:
        """Write the run unless it has been, or diverged; nor over what is there when ``fit`` failed before that was looked at."""
        begun, self._begun = self._begun, False
        if begun and self._written != (run.epoch, run.steps) and run.history.stopped != "diverged":
            self._write(run)

    def _try_to_write(self, run: Run) -> None:
        self._clock = time.monotonic()
        try:
            self._write(run)
        except OSError as error:
            warnings.warn(f"no checkpoint of step {run.steps}: {error}. The next is tried {self.every} later", RuntimeWarning, stacklevel=2)

    def _write(self, run: Run) -> None:
        # What is not finite is about to be taken back: it must not take the place of what is.
        if not run.is_finite():
            return
        content = run.content()
        if self.keep == 1:
            write_atomically(self.path, *content)
        else:
            numbered = self.path.with_name(f"{self.path.stem}-{run.steps:09d}{self.path.suffix}")
            write_atomically(numbered, *content)
            link_atomically(numbered, self.path)
            self._remove_oldest()
        self._written = run.epoch, run.steps

    def _remove_oldest(self) -> None:
        sweep(self.path.parent, f"{glob.escape(self.path.stem)}-*{glob.escape(self.path.suffix)}")
        pattern = re.compile(rf"{re.escape(self.path.stem)}-\d{{9,}}{re.escape(self.path.suffix)}")
        with contextlib.suppress(OSError):
            numbered = [path for path in self.path.parent.iterdir() if pattern.fullmatch(path.name)]
            for path in sorted(numbered, key=_age)[: -self.keep]:
                path.unlink()


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _parsed(every: object) -> tuple[int, str]:
    """Number and unit of `every`; times in seconds."""
    if not isinstance(every, str):
        raise TypeError(f"every is {every!r} of type {type(every).__name__}; {_EXPECTED}")
    match = re.fullmatch(r"\s*(0*[1-9][0-9]*)\s*([a-z]+)\s*", every, re.ASCII)
    number, unit = match.groups() if match else ("", "")
    if unit not in _UNITS:
        raise ValueError(f"every is {every!r}; {_EXPECTED}")
    return int(number) * _SECONDS.get(unit, 1), _UNITS[unit]
