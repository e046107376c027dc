"""Which learning rate to take: the loss while the rate grows from step to step, of a copy of the run."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp._names import integer, real
from fastbp._plots import axes
from fastbp._typing import NDArray
from fastbp.data.rows import Rows
from fastbp.data.validation import within
from fastbp.processors.threads import task_choices
from fastbp.solvers import Method
from fastbp.training.engine import Engine
from fastbp.training.epoch import Epoch
from fastbp.training.pace import Pace
from fastbp.training.run import Run

# What a mean of the losses keeps of itself at each step.
_SMOOTHING = 0.98
# The test ends where the loss is so many times the best.
_TOO_MUCH = 4.0


@dataclass(frozen=True, repr=False, eq=False)
class RangeTest:
    """What a learning rate range test has found (L. N. Smith, WACV 2017).

    Attributes
    ----------
    learning_rates : ndarray of shape (steps made,)
    losses : ndarray of shape (steps made,)
        Of each step's batch, before its update. One that is not finite ends the test and is left out.
    smoothed : ndarray of shape (steps made,)
        ``m_i / (1 - 0.98**i)`` with ``m_i = 0.98 m_(i-1) + 0.02 loss_i``, as of fastai and Lightning. One above four times the least so far
        ends the test; of a least one below 0, above it by three times as much.
    suggestion : float or None
        Where `smoothed` falls fastest with the logarithm of the rate, by central differences, the first tenth of the steps and the last
        one left out. The mean lags behind the losses, so that it is rather too large than too small. None where it falls nowhere.
    """

    learning_rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    suggestion: float | None

    def __repr__(self) -> str:
        first, last = self.learning_rates[[0, -1]]
        found = "none" if self.suggestion is None else f"{self.suggestion:.3g}"
        return f"RangeTest({len(self.losses)} steps, learning rates {first:.3g} to {last:.3g}, suggestion {found})"

    def plot(self, ax: Any = None) -> Any:
        """Draw the losses over the learning rates.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            Where matplotlib is not installed.
        """
        ax = axes(ax)
        ax.plot(self.learning_rates, self.losses, color="C0", alpha=0.3, label="loss")
        ax.plot(self.learning_rates, self.smoothed, color="C0", label="smoothed")
        if self.suggestion is not None:
            ax.axvline(self.suggestion, color="C1", linestyle="--", label=f"suggestion {self.suggestion:.3g}")
        ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
        ax.legend()
        return ax


def range_test(run: Run, X: Any, y: Any, lowest: float, highest: float, steps: int, sample_weight: Any) -> RangeTest:
    """As `Trainer.learning_rate_range_test`."""
    lowest = real(lowest, "lowest", exclusive=True)
    highest = real(highest, "highest", least=lowest, exclusive=True)
    within(run.model.dtype, highest=highest)
    rates = np.geomspace(lowest, highest, integer(steps, "steps", least=2))
    rows = run.check(X, y, sample_weight, training=True)
    with run.model.turns.use("learning_rate_range_test", inside=True):
        trial = copy.deepcopy(run)
    trial.check_optimizer()
    trial.match_output()
    trial.averages.hide()
    trial.optimizer = _with_rates(trial.optimizer, rates, _begin(trial, rows, len(rates)))
    losses, smoothed = _until_too_much(_losses(trial, rows, len(rates)))
    if not losses.size:
        raise ValueError(f"the loss of the first step, at a learning rate of {lowest:g}, is not finite; expected finite weights")
    rates = rates[: losses.size]
    return RangeTest(rates, losses, smoothed, _steepest(rates, smoothed))


def _begin(run: Run, rows: Rows, steps: int) -> int:
    """Let the other schedules know what is planned; how many steps the optimizer has done."""
    run.memory.adapt(run.optimizer)
    run.plan.begin(run.memory.steps, steps, -(-rows.n_rows // run.rows_of_step(rows.n_rows)), resumed=False)
    run.plateaus.follow(run.epoch)
    return run.memory.steps


def _with_rates(optimizer: Method, rates: NDArray[np.float64], done: int) -> Method:
    """The same optimizer with these learning rates after so many steps; ValueError where none of it counts at each step."""
    found = copy.copy(optimizer)
    try:
        # Some more are asked for than are used.
        found.learning_rate = lambda step: rates[min(step - 1 - done, len(rates) - 1)]
    except (AttributeError, TypeError):
        raise ValueError(f"{optimizer.name} has no learning rate that counts at each step, to be found by a range test") from None
    return found


def _losses(run: Run, rows: Rows, steps: int) -> Iterator[float]:
    """The losses of the next steps, made some at a time; Ctrl-C is heard in between."""
    batch, number, end = run.rows_of_step(rows.n_rows), run.epoch, run.steps + steps
    engine, pace = Engine(run), Pace(task_choices(run.model.network, batch, run.threads))
    while run.steps < end:
        epoch = Epoch.begin(rows.n_rows, batch, number, run.seed if run.shuffle else None)
        while not epoch.complete and run.steps < end:
            tasks, count = pace.next()
            count = min(count, epoch.batches - epoch.done, end - run.steps)
            begin = time.perf_counter()
            losses = engine.train(rows, epoch.order, epoch.done * batch, batch, count, tasks)
            seconds = time.perf_counter() - begin
            pace.record(tasks, count, seconds)
            epoch.add(losses, seconds)
            yield from losses.tolist()
        number += 1


def _until_too_much(losses: Iterable[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The losses, and their mean, until there is no use in going on."""
    taken: list[float] = []
    smoothed: list[float] = []
    mean, best = 0.0, math.inf
    for loss in losses:
        if not math.isfinite(loss):
            break
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        taken.append(loss)
        smoothed.append(mean / (1 - _SMOOTHING ** len(taken)))
        if smoothed[-1] > best + (_TOO_MUCH - 1) * abs(best):
            break
        best = min(best, smoothed[-1])
    return np.array(taken), np.array(smoothed)


def _steepest(rates: NDArray[np.float64], smoothed: NDArray[np.float64]) -> float | None:
    """Rates grow by the same factor each, so that places are as good as logarithms."""
    first = len(smoothed) // 10
    looked_at = smoothed[first:-1]
    if looked_at.size < 2:
        return None
    slopes = np.gradient(looked_at)
    place = int(slopes.argmin())
    return float(rates[first + place]) if slopes[place] < 0 else None
