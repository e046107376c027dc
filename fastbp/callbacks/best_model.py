"""Keeps the model of the best epoch in a file."""

from __future__ import annotations

import copy
import warnings
from os import PathLike

import numpy as np

from fastbp.callbacks.before import keep_before
from fastbp.callbacks.metric import Watching
from fastbp.files import model_files
from fastbp.files.sealed import as_path, check_writable
from fastbp.training.run import Run


class BestModel(Watching):
    """Writes the model of the best epoch so far to a file, which `MLP.load` reads.

    The file is replaced in one piece: a process killed at any instant leaves the model of the last best epoch or that of the new one.
    With ``Trainer(average=...)`` it is the average, which was validated. A run that is resumed compares with the best it knew; another
    run begins anew. A write that fails is a warning, and the epoch does not count.

    A run that begins at step 0 keeps the file of another as ``best-before.safetensors`` and so on, as `Checkpoint` does.

    Parameters
    ----------
    path : str or path
    metric : str, default "val_loss"
        A name in the history: "loss", "val_loss", "val_accuracy", ...
    mode : "auto", "min" or "max"
        Which way it gets better. "auto" knows it of losses, errors and usual scores by their names.

    Attributes
    ----------
    best, best_epoch : float, int
        The metric of the epoch that the file is of, and its number, the first being 1; None before.

    Raises
    ------
    ValueError, TypeError
        For arguments outside their range. From ``fit``, before it trains, when the history will have no such metric, or no file could
        hold the model.
    OSError
        From ``fit``, before it trains, when no file can be written there.

    Examples
    --------
    >>> import fastbp, pathlib, tempfile
    >>> best = fastbp.BestModel(pathlib.Path(tempfile.mkdtemp()) / "best.safetensors", "loss")
    >>> trainer = fastbp.Trainer(fastbp.MLP([1, 4, 1], seed=0), loss="squared_error", seed=0)
    >>> history = trainer.fit([[0.0], [1.0]], [0.0, 1.0], epochs=5, callbacks=best)
    >>> model = fastbp.MLP.load(best.path)
    """

    def __init__(self, path: str | PathLike[str], metric: str = "val_loss", mode: str = "auto") -> None:
        self.path = as_path(path)
        super().__init__(metric, mode)

    def on_fit_begin(self, run: Run) -> None:
        """Make sure that there will be the metric, that the file can be written, and that the model of another run is not lost."""
        super().on_fit_begin(run)
        model_files().describe(run.model)
        check_writable(self.path)
        keep_before(self.path, run, "its best model would be lost")

    def on_epoch_end(self, run: Run) -> None:
        """Write the model where it is the best."""
        value, best = self._look(run)
        if not best:
            return
        try:
            model_files().write(self.path, self._content(run))
        except OSError as error:
            told = f"the model of epoch {run.epoch} is the best so far, and not saved: {error}"
            warnings.warn(told, RuntimeWarning, stacklevel=2)
        else:
            self.best, self.best_epoch = value, run.epoch

    def _content(self, run: Run) -> list[bytes | memoryview]:
        model = run.model
        if run.averages.is_used:
            model = copy.deepcopy(model)
            np.copyto(model.network.parameters, run.averages.flat)
        content: list[bytes | memoryview] = model_files().model_content(model)
        return content
