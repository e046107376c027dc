"""The history for TensorBoard, by the writer of TensorBoard itself, which needs no other library."""

from __future__ import annotations

import io
import os
import re
import socket
import time
from os import PathLike
from pathlib import Path
from typing import Any

from fastbp.callbacks.epoch_log import EpochLog
from fastbp.callbacks.extras import extra
from fastbp.callbacks.seen import Seen
from fastbp.training.part import State
from fastbp.training.run import Run

# By these names TensorBoard finds a run's files, and reads them in the order of the names: the seconds come first.
_NAME = "events.out.tfevents."
_VERSION = "brain.Event:2"


class TensorBoard(EpochLog):
    """Writes the history as scalars to event files in a folder, for ``tensorboard --logdir``: of each epoch all that the history has.

    The step is the epoch, the first being 1. Each epoch is in the file when it has ended, whatever happens to the process then. Every
    ``fit`` begins a file of its own, which tells TensorBoard to leave out what older files of the folder say of the same or later
    epochs: after a run was killed and resumed each epoch is there once, and none is missing. A folder shows one run, the last.

    Needs TensorBoard, but neither TensorFlow nor PyTorch: ``pip install "fastbp[tensorboard]"``.

    Parameters
    ----------
    folder : str or path
        Made where it is not there.

    Raises
    ------
    ImportError
        When TensorBoard is not installed.
    OSError
        From ``fit``: before it trains, when no file can be written there, and at its end. In between it is a warning, and the epoch is
        written after the next.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        if not isinstance(folder, (str, PathLike)) or not os.fspath(folder):
            raise TypeError(f"folder is {folder!r} of type {type(folder).__name__}; expected the path of a folder, such as 'runs/first'")
        super().__init__()
        _library()
        self.folder = Path(os.fsdecode(folder))
        self._file = self.folder
        self._held, self._seen = 0, Seen()  # how many epochs of which run the files of the folder hold

    def begin(self, run: Run) -> int:
        """Begin a file, with what is not in older ones: all, where that is not known."""
        first = self._held if not self._begun and self._seen.knows(run) else 0
        self.folder.mkdir(parents=True, exist_ok=True)
        seconds = [int(found[1]) for path in self.folder.glob(f"{_NAME}*") if (found := re.match(rf"{re.escape(_NAME)}(\d+)\.", path.name))]
        number = max([int(time.time()), *(each + 1 for each in seconds)])
        self._file = self.folder / f"{_NAME}{number:010d}.{socket.gethostname()}.{os.getpid()}.0"
        proto = _library()
        start = proto.SessionLog(status=proto.SessionLog.START)
        version, mark = proto.Event(file_version=_VERSION), proto.Event(step=first + 1, session_log=start)
        self._append("xb", [version, mark])
        return first

    def add(self, run: Run, first: int) -> None:
        """Append epochs in one write."""
        epochs = range(first, len(run.history))
        self._append("ab", [_library().Event(step=epoch + 1, summary=_scalars(run.history.row(epoch))) for epoch in epochs])
        self._held = len(run.history)
        self._seen.note(run)

    def _append(self, mode: str, events: list[Any]) -> None:
        content = io.BytesIO()
        writer = extra("tensorboard.summary.writer.record_writer", "tensorboard").RecordWriter(content)
        for event in events:
            event.wall_time = time.time()
            writer.write(event.SerializeToString())
        with open(self._file, mode, buffering=0) as file:
            if file.write(content.getbuffer()) != content.tell():
                raise OSError(f"cannot write all of an epoch to {str(self._file)!r}")

    def state(self) -> State:
        """How many epochs of the run the folder has."""
        return {"held": self._held, "seen": self._seen.described()}

    def load_state(self, state: State) -> None:
        """Go on after these."""
        self._held, self._seen = state["held"], Seen.from_description(state["seen"])


def _library() -> Any:
    """The messages that event files are made of."""
    return extra("tensorboard.compat.proto.event_pb2", "tensorboard")


def _scalars(row: dict[str, Any]) -> Any:
    proto = extra("tensorboard.compat.proto.summary_pb2", "tensorboard")
    return proto.Summary(value=[proto.Summary.Value(tag=name, simple_value=value) for name, value in row.items() if value is not None])
