"""Looks whether each step lets the cost fall, and if asked sees to it."""

from __future__ import annotations

import logging
from dataclasses import asdict, astuple
from typing import Any

import numpy as np

from fastbp._names import flag, integer
from fastbp._random import SAMPLE, generator
from fastbp._typing import Array, NDArray
from fastbp.callbacks.base import Callback
from fastbp.callbacks.certificate import Certificate, Estimate, Rise, trained
from fastbp.data.rows import as_they_lie
from fastbp.optimizers import Optimizer
from fastbp.training.part import State
from fastbp.training.run import Run
from fastbp.training.under_way import UnderWay

# So many rises are listed, the largest.
_LISTED = 1000
# A step that does not let the cost fall when it is halved so often is taken back: in float32 it would hardly move a weight.
_HALVINGS = 30
_LOG = logging.getLogger("fastbp")


class Certify(Callback):
    """Compares the cost after each step with the one before, and keeps a certificate: a working gradient descent has a lower one.

    The cost is the loss of the same rows each time, of training, without penalties such as weight decay, in the model's type. By default
    these are all rows, which is what a step on the whole set (``batch_size=None``) is to let fall; steps on mini-batches may let it rise
    now and then. Where it rises, the gradients before and after tell by the second-order estimate which layer's step was too large.

    With `backtrack` a step after which the cost is higher is halved until it is not. That is the step which the optimizer would have made
    with half the learning rate; what it remembers stays. The bits are the same on any number of threads.

    It costs a pass of loss and gradients on its rows for each comparison: with ``batch_size=None`` a step takes about twice as long.

    Parameters
    ----------
    every : int, default 1
        Compare after so many steps, which count as one then.
    rows : int, optional
        Compare the cost of a sample of so many rows, which the trainer's seed fixes, in place of all.
    backtrack : bool, default False
        Halve what lets the cost rise.

    Attributes
    ----------
    certificate : Certificate
        `steps`, `rises`, `largest_rise`, `bound`, ..., of all runs of steps that were compared so far.
    rises : list of Rise
        `step`, `before`, `after`, `layer`, `share`, `halvings`; of more than 1,000 the largest. Each is also told to the logger ``fastbp``,
        at level INFO.

    Raises
    ------
    ValueError, TypeError
        For arguments outside their range. From ``fit``, before it trains: for a model with dropout or noise, and with mixup, whose costs
        cannot be compared; with `backtrack` also for an average of the weights, and for solvers.

    Examples
    --------
    >>> import fastbp
    >>> model = fastbp.MLP([1, 1], init=([[[1.0]]], [[0.0]]), dtype="float64")
    >>> certify = fastbp.Certify()
    >>> trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.6), batch_size=None)
    >>> history = trainer.fit([[-1.0], [1.0]], [0.0, 0.0], epochs=3, callbacks=certify)
    >>> certify.certificate.rises, round(certify.certificate.bound, 3), round(2 / certify.certificate.curvature, 3)
    (0, 1.667, 1.0)
    """

    changes_data = False

    def __init__(self, every: int = 1, rows: int | None = None, backtrack: bool = False) -> None:
        self.every = integer(every, "every", least=1)
        self.rows = None if rows is None else integer(rows, "rows", least=1)
        self.backtrack = flag(backtrack, "backtrack")
        self._begun = False
        self._forget()

    def _forget(self) -> None:
        self.certificate = Certificate()
        self.rises: list[Rise] = []
        self._seen = 0  # steps done when it last looked
        # Where the last comparison left the run: steps done, the data, parameters, cost and gradient.
        self._steps = 0
        self._data: Any = None
        self._parameters: Array | None = None
        self._cost = 0.0
        self._gradient: Array | None = None

    def on_fit_begin(self, run: Run) -> None:
        """Make sure that costs can be compared; begin with the one that the run has."""
        self._check(run)
        if run.steps == 0:
            self._forget()
        self._begun, self._sample = True, self._sample_of(run)
        goes_on = self._parameters is not None and self._seen == run.steps and self._data == run.data.known
        if not goes_on or self._seen == self._steps:
            self._begin(run)

    def steps_to_pause(self, run: Run) -> int:
        """Steps to the next comparison."""
        return max(1, self.every - (run.steps - self._steps))

    def on_steps(self, run: Run) -> None:
        """Compare, when it is time."""
        self._seen = run.steps
        if run.steps - self._steps >= self.every:
            self._compare(run)

    def on_fit_end(self, run: Run) -> None:
        """Compare the last steps where somebody has interrupted that."""
        begun, self._begun = self._begun, False
        if begun and self._seen < run.steps and run.history.stopped != "diverged":
            self.on_steps(run)

    def _check(self, run: Run) -> None:
        if run.model.between._replace(normalization=None).is_used:
            raise ValueError("the model has dropout, or noise on its inputs; Certify needs a loss that is the same at each evaluation")
        if run.mixup:
            raise ValueError(f"mixup is {run.mixup:g}; Certify needs a loss that is the same at each evaluation: leave it 0")
        if self.backtrack and not isinstance(run.optimizer, Optimizer):
            raise ValueError(f"{type(run.optimizer).__name__} looks for steps that let the loss fall by itself: leave backtrack False")
        if self.backtrack and run.average is not None:
            raise ValueError(f"average is {run.average!r}, of weights before a step is halved: leave it None, or backtrack False")

    def _sample_of(self, run: Run) -> NDArray[np.int64]:
        rows = _under_way(run).rows
        every = as_they_lie(rows.n_rows) if rows.chosen is None else rows.chosen
        if self.rows is None or self.rows >= every.size:
            return every
        return np.sort(generator(run.seed, SAMPLE, 0).choice(every, self.rows, replace=False))

    def _begin(self, run: Run) -> None:
        self._stand(run, *_under_way(run).gradients(self._sample))

    def _stand(self, run: Run, cost: float, gradient: Array) -> None:
        """The next comparison is with this."""
        self._steps = self._seen = run.steps
        self._data, self._parameters = run.data.known, run.model.network.parameters.copy()
        self._cost, self._gradient = cost, gradient

    def _compare(self, run: Run) -> None:
        assert self._parameters is not None and self._gradient is not None
        table, flat = run.model.network.table, run.model.network.parameters
        cost, gradient = first = _under_way(run).gradients(self._sample)
        estimate, halvings = Estimate(table, flat - self._parameters, self._gradient, gradient), 0
        # NaN is no fall.
        rose = not cost <= self._cost
        if rose and self.backtrack and run.parameters.is_finite():
            halvings, cost, gradient = self._halve(run)
        was = self.certificate
        self.certificate = Certificate(
            was.steps + 1,
            was.rises + rose,
            max(was.largest_rise, first[0] - self._cost),
            min(was.bound, estimate.bound),
            max(was.curvature, estimate.curvature),
            was.halvings + halvings,
            was.given_up + (halvings == _HALVINGS),
        )
        if rose:
            layer = estimate.layer
            self._note(Rise(run.steps, self._cost, first[0], layer, estimate.share(layer), halvings))
        self._stand(run, cost, gradient)

    def _halve(self, run: Run) -> tuple[int, float, Array]:
        """Halve the step until the cost does not rise; how often, and cost and gradient there."""
        before, table, under_way = self._parameters, run.model.network.table, _under_way(run)
        assert before is not None and self._gradient is not None
        made = run.model.network.parameters.copy()
        for halvings in range(1, _HALVINGS):
            under_way.move(_between(before, made, 0.5**halvings, table))
            cost, gradient = under_way.gradients(self._sample)
            if cost <= self._cost:
                return halvings, cost, gradient
        under_way.move(_between(before, made, 0.0, table))
        return _HALVINGS, self._cost, self._gradient

    def _note(self, rise: Rise) -> None:
        _LOG.info("%s", rise)
        self.rises.append(rise)
        if len(self.rises) > _LISTED:
            self.rises.remove(min(self.rises, key=lambda each: each.rise))

    def state(self) -> State:
        """The certificate, the rises, and between two comparisons what the next is with."""
        if self._parameters is None:
            return {}
        state = self._counts() | {"rises": [list(astuple(rise)) for rise in self.rises]}
        if self._seen > self._steps:
            state |= {"data": self._data, "cost": self._cost, "parameters": self._parameters, "gradient": self._gradient}
        return state

    def load_state(self, state: State) -> None:
        """Go on from there."""
        self.certificate = Certificate(**state["certificate"])
        self.rises = [Rise(*each) for each in state["rises"]]
        self._steps, self._seen = state["steps"], state["seen"]
        self._data, self._cost = state.get("data"), state.get("cost", 0.0)
        self._parameters, self._gradient = state.get("parameters"), state.get("gradient")

    def _counts(self) -> State:
        return {"certificate": asdict(self.certificate), "steps": self._steps, "seen": self._seen}

    def mark(self) -> Any:
        """What has been counted: the rises stay where they are, as there may be many marks."""
        return self._counts()

    def go_back(self, mark: Any) -> None:
        """Count from there; the next comparison is with the cost at the begin of the next ``fit``."""
        self.certificate, self._steps, self._seen = Certificate(**mark["certificate"]), mark["steps"], mark["seen"]
        self.rises = [rise for rise in self.rises if rise.step <= self._steps]
        self._parameters = self._gradient = None


def _under_way(run: Run) -> UnderWay:
    assert run.under_way is not None
    return run.under_way


def _between(before: Array, made: Array, share: float, table: NDArray[np.int64]) -> Array:
    """The parameters after a share of a step; the averages of batch normalisation, which know nothing of its length, as they are made."""
    found = made.copy()
    for arrays, old in zip(trained(found, table), trained(before, table), strict=True):
        for array, begin in zip(arrays, old, strict=True):
            array[...] = begin + share * (array - begin)
    return found
