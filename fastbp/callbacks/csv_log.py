"""The history as a table in a file, while training goes on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from fastbp._names import flag
from fastbp.callbacks.before import keep_before
from fastbp.callbacks.epoch_log import EpochLog
from fastbp.callbacks.seen import Seen
from fastbp.files.sealed import as_path, check_writable, write_atomically
from fastbp.training.part import State
from fastbp.training.run import Run


class CSVLog(EpochLog):
    """Writes the history to a CSV file: a row for each epoch, with its number, the first being 1, and all that the history has of it.

    Each row is in the file when its epoch has ended, whatever happens to the process then. When ``fit`` begins the file is made to hold
    the epochs of the history, those before a run was resumed, too: none stands twice, and none is missing. Numbers have all their
    digits; what an epoch has not is empty.

    Parameters
    ----------
    path : str or path
    append : bool, default False
        Let the rows follow those of other runs in the file, which must have the same columns: the rows of the epochs from the first
        call of ``fit`` with this callback on. Otherwise a run that begins at step 0 keeps the file of another as ``log-before.csv``
        and so on, as `Checkpoint` does.

    Raises
    ------
    ValueError, TypeError
        For arguments that cannot be understood; from ``fit``, before it trains, for a file of other columns to append to.
    OSError
        From ``fit``: before it trains, when no file can be written there, and at its end. In between it is a warning, and the row is
        written after the next epoch.

    Examples
    --------
    >>> import fastbp, pathlib, tempfile
    >>> log = fastbp.CSVLog(pathlib.Path(tempfile.mkdtemp()) / "log.csv")
    >>> trainer = fastbp.Trainer(fastbp.MLP([1, 4, 1], seed=0), loss="squared_error", seed=0)
    >>> history = trainer.fit([[0.0], [1.0]], [0.0, 1.0], epochs=2, callbacks=log)
    >>> print(log.path.read_text().splitlines()[0])
    epoch,loss,val_loss,val_accuracy,seconds,samples_per_second
    """

    def __init__(self, path: str | PathLike[str], append: bool = False) -> None:
        super().__init__()
        self.path, self.append = as_path(path), flag(append, "append")
        self._seen = Seen()
        # Where the rows of this run begin in the file, and the epochs that come before the first of them.
        self._place: int | None = None
        self._first = 0
        self._columns: list[str] = []

    def begin(self, run: Run) -> int:
        """Write the file anew: what comes before this run's rows, and these."""
        if not self._begun:
            check_writable(self.path)
            if not self.append:
                keep_before(self.path, run, "its log would be lost")
        before = self._before(run) if self.append else b""
        columns = ["epoch", *run.history.names(run.measured)]
        found = next(csv.reader(before.decode(errors="replace").splitlines()), columns)
        if {*found} != {*columns}:
            raise ValueError(f"{str(self.path)!r} has columns {', '.join(found)}; those of this run are {', '.join(columns)}")
        self._columns = found
        write_atomically(self.path, before or _lines([found]), self._rows(run, self._first))
        self._seen.note(run)
        return len(run.history)

    def add(self, run: Run, first: int) -> None:
        """Append rows in one write, which is in the hands of the system when it returns."""
        if not {*run.history.names()} <= {*self._columns}:
            self.begin(run)
            return
        with open(self.path, "ab", buffering=0) as file:
            rows = self._rows(run, first)
            if file.write(rows) != len(rows):
                raise OSError(f"cannot write all of a row to {str(self.path)!r}")
        self._seen.note(run)

    def _before(self, run: Run) -> bytes:
        """What the file holds of other runs."""
        content = _whole_lines(self.path)
        if self._place is None or not self._seen.knows(run):
            self._place, self._first, self._seen = len(content), len(run.history), Seen()
        return content[: self._place]

    def _rows(self, run: Run, first: int) -> bytes:
        epochs = range(max(first, self._first), len(run.history))
        rows = ({"epoch": epoch + 1} | run.history.row(epoch) for epoch in epochs)
        return _lines([_cell(row.get(name)) for name in self._columns] for row in rows)

    def state(self) -> State:
        """Where its rows begin, when there are others in the file."""
        return {"place": self._place, "first": self._first, "seen": self._seen.described()} if self.append else {}

    def load_state(self, state: State) -> None:
        """Go on there."""
        self._place, self._first, self._seen = state["place"], state["first"], Seen.from_description(state["seen"])


def _cell(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, int) else repr(float(value))


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _whole_lines(path: Path) -> bytes:
    """What a file holds up to the end of its last line: a process that was killed may have left a part of one."""
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1]
