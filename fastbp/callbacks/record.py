"""Writes to files which rows move which weights, while training goes on."""

from __future__ import annotations

import itertools
import logging
import warnings
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from fastbp._names import integer, lookup
from fastbp._typing import DType
from fastbp.callbacks.base import Callback
from fastbp.callbacks.chosen import check_layers, check_weights, chosen_layers, chosen_weights
from fastbp.callbacks.recorded import Before, Recorder
from fastbp.files.recording_file import Part, numbers_in, path_of, places_of, read_part, unpacked
from fastbp.files.sealed import as_path, check_writable
from fastbp.optimizers import Optimizer
from fastbp.training.part import State
from fastbp.training.run import Run
from fastbp.training.shards import check_whole_steps

_MEGABYTE = 1 << 20
_TYPES: dict[str, DType] = {"float16": np.dtype(np.float16), "float32": np.dtype(np.float32), "float64": np.dtype(np.float64)}
_LOG = logging.getLogger("fastbp")


class Record(Callback):
    """Records steps: the rows of the batch, what the layers read and their deltas, and how some weights changed, and why.

    `fastbp.trace.Recording` reads it, and tells which rows have moved a weight over the run. Steps 1, 1 + `every`, 1 + 2 `every` and so on
    are recorded, as the kernels computed them: with dropout, noise and mixed rows where there are any. Training stays the same to the bit.

    The recording is a folder of parts, each a safetensors file with a checksum, written in one piece. Steps wait in memory until a part is
    full, and in checkpoints: a run that was killed and resumed leaves the recording of one that was not, no step twice. A run that begins
    at step 0 keeps the folder of another as ``<name>-before`` and so on, and warns.

    Parameters
    ----------
    path : str or path
        Of the folder.
    every : int, default 100
        With 1 each step: then a weight's change is told to its last part, through what momentum and Adam remember, too.
    layers : sequence of int, optional
        Whose activations and deltas are kept; -1 is the last. By default all.
    weights : int, "all" or dict, default 16
        Whose changes are: so many of each layer, drawn by the trainer's seed; or all of them and the biases, scales and shifts, which
        takes some twelve numbers a weight and step; or by layer a list of pairs (i, j) as in ``model.weights[layer][i, j]``, where
        (None, j) is bias j, and of a normalised layer ("scale", j) and ("shift", j) are ``model.scales[layer][j]`` and the shift.
    dtype : "float16", "float32" or "float64", optional
        Of activations and deltas in the files; by default the model's. What is kept of the chosen weights is in float64.
    part_megabytes : int, default 16
        How much waits in memory.
    most_megabytes : int, default 1024
        Recording ends when the files would grow beyond; the logger ``fastbp`` is told.

    Raises
    ------
    ValueError, TypeError
        For arguments that cannot be understood; from ``fit``, before it trains: for layers or weights that the model has not, for solvers,
        for steps in shards, and for a folder with a recording of another kind.
    OSError
        From ``fit``: before it trains, and when a part cannot be written.

    Examples
    --------
    >>> import fastbp, fastbp.trace, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "recording"
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> trainer = fastbp.Trainer(fastbp.MLP([2, 3, 2], seed=0), loss="cross_entropy", seed=0)
    >>> history = trainer.fit(X, y, epochs=5, callbacks=fastbp.Record(folder, every=1, weights={0: [(1, 2)]}))
    >>> fastbp.trace.Recording(folder).steps
    array([1, 2, 3, 4, 5])
    """

    after_others = True
    changes_data = False

    def __init__(
        self,
        path: str | PathLike[str],
        every: int = 100,
        *,
        layers: Sequence[int] | None = None,
        weights: int | str | Mapping[int, Sequence[tuple[int | str | None, int]]] = 16,
        dtype: str | None = None,
        part_megabytes: int = 16,
        most_megabytes: int = 1024,
    ) -> None:
        self.path, self.every = as_path(path), integer(every, "every", least=1)
        self.layers, self.weights = check_layers(layers), check_weights(weights)
        self.dtype = None if dtype is None else lookup(dtype, _TYPES, "dtype")
        self.part_megabytes = integer(part_megabytes, "part_megabytes", least=1)
        self.most_megabytes = integer(most_megabytes, "most_megabytes", least=1)
        self._recorder: Recorder | None = None  # of the run under way
        self._before: Before | None = None  # of the step under way
        self._about: dict[str, Any] = {}
        self._waiting = Part({})  # to be full
        self._next: int | None = None  # the number of that part; None: nobody knows
        self._bytes = 0  # of all parts

    def on_fit_begin(self, run: Run) -> None:
        """See that what is asked for can be recorded, and that the folder holds what this run has recorded so far."""
        if not isinstance(run.optimizer, Optimizer):
            raise ValueError(f"Record is of the steps of optimizers; {type(run.optimizer).__name__} looks for its own")
        check_whole_steps(run.shards)
        self._about, self._before = self._description(run), None
        if run.steps == 0 and not run.resumed:
            self._waiting, self._next = Part(self._about), None
            self._keep_before()
        self._check_kind()
        self.path.mkdir(parents=True, exist_ok=True)
        check_writable(path_of(self.path, 1))
        self._take_up(run.steps)
        self._recorder = Recorder(run, self._about["layers"], places_of(self._about), _TYPES[self._about["dtype"]])

    def steps_to_pause(self, run: Run) -> int:
        """Steps to the next that is recorded; that alone."""
        since = run.steps % self.every
        if since == 0 and self._recorder is not None and not self._is_full:
            self._before = self._recorder.before()
            return 1
        return self.every - since

    def on_steps(self, run: Run) -> None:
        """Keep the step, when it is one to be recorded."""
        before, self._before = self._before, None
        if before is None or self._recorder is None or run.steps != before.steps + 1 or run.under_way is None:
            return
        self._waiting.add(self._recorder.step(before, run.under_way.batch, run.under_way.computed()))
        if self._waiting.size >= self.part_megabytes * _MEGABYTE:
            self._write()

    def on_fit_end(self, run: Run) -> None:
        """Write what waits."""
        if self._recorder is not None:
            if run.history.stopped != "diverged":
                self.on_steps(run)
            self._recorder = None
            self._write()

    def _description(self, run: Run) -> dict[str, Any]:
        model, normalization = run.model, run.model.between.normalization
        layers = chosen_layers(self.layers, model)
        return {
            "layer_sizes": list(model.layer_sizes),
            "layers": layers,
            "weights": chosen_weights(self.weights, layers, model, run.seed),
            "normalization": None if normalization is None else normalization.name,
            "every": self.every,
            "dtype": (model.dtype if self.dtype is None else self.dtype).name,
            "optimizer": run.optimizer.name,
            "loss": run.loss.name,
        }

    def _keep_before(self) -> None:
        """Give the folder of another run another name."""
        if numbers_in(self.path):
            endings = ("-before" if number == 1 else f"-before-{number}" for number in itertools.count(1))
            before = next(path for ending in endings if not (path := self.path.with_name(self.path.name + ending)).exists())
            self.path.rename(before)
            told = f"this run begins at step 0, and {str(self.path)!r} holds the recording of another, which is kept as {str(before)!r}"
            warnings.warn(told, UserWarning, stacklevel=3)

    def _check_kind(self) -> None:
        """Raise ValueError where the parts that are there are of other layers, or weights."""
        for number in numbers_in(self.path)[:1]:
            about = read_part(self.path, number)[0]
            differ = [name for name in self._about if about.get(name) != self._about[name] and name not in ("optimizer", "loss")]
            if differ:
                told = "; ".join(f"{name} {about.get(name)!s:.60}" for name in differ)
                raise ValueError(f"{str(self.path)!r} holds a recording with {told}: go on with the same, or in another folder")

    def _take_up(self, steps: int) -> None:
        """Let the folder hold no step after so many: they come again. What waits is not in it."""
        waiting = self._waiting.steps
        for number in reversed(numbers_in(self.path)):
            if self._next is None:
                found = read_part(self.path, number)[1]
                if found[-1].values["step"] <= steps:
                    break
                waiting = found + waiting
            elif number < self._next:
                break
            path_of(self.path, number).unlink()
        numbers = numbers_in(self.path)
        self._next, self._bytes = 1 + max(numbers, default=0), sum(path_of(self.path, number).stat().st_size for number in numbers)
        self._waiting = Part(self._about, (step for step in waiting if step.values["step"] <= steps))

    def _write(self) -> None:
        """Write what waits as the next part, unless the folder is full."""
        if not self._waiting.steps or self._next is None:
            return
        self._waiting.write(self.path, self._next)
        self._bytes += path_of(self.path, self._next).stat().st_size
        self._next, self._waiting = self._next + 1, Part(self._about)
        if self._is_full:
            _LOG.warning("%r has its %d megabytes: no more steps are recorded", str(self.path), self.most_megabytes)

    @property
    def _is_full(self) -> bool:
        """Whether another part might be more than what is allowed."""
        return self._bytes + self.part_megabytes * _MEGABYTE > self.most_megabytes * _MEGABYTE

    def state(self) -> State:
        """The steps that wait, and the number of their part."""
        if self._next is None:
            return {}
        tensors, settings = self._waiting.content()
        return {"next": self._next, "settings": settings, **tensors}

    def load_state(self, state: State) -> None:
        """Go on with them."""
        tensors = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
        self._next, self._waiting = state["next"], Part(*unpacked(tensors, state["settings"]))

    def mark(self) -> None:
        """Nothing: the run itself knows how far it is."""

    def go_back(self, mark: Any) -> None:
        """Forget the steps that have been taken back: what the folder has of them, too."""
        if self._recorder is not None and self._next is not None:
            self._next = None
            self._take_up(self._recorder.run.steps)
