"""A copy of the run that may be tried out, and the rows that are looked at."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.mlp import MLP
from fastbp.optimizers import SGD
from fastbp.training.engine import Engine
from fastbp.training.run import Run

#: Of longer data sets so many rows are looked at: a share of them is known to about 2 %.
MOST_ROWS = 2000
# What a first call of ``fit`` may be asked for.
_EPOCHS = 100


class Trial:
    """What the doctor asks of a run. The run itself is left alone.

    Attributes
    ----------
    run : Run
        The copy, with the weights that training goes on from.
    rows : Rows
        All of the data.
    sample : ndarray of shape (rows looked at,)
        Which of the rows, in an order that the seed fixes.
    """

    def __init__(self, run: Run, X: Any, y: Any, sample_weight: Any) -> None:
        self.rows: Rows = run.check(X, y, sample_weight, training=True)
        with run.model.turns.use("diagnose", inside=True):
            self.run = copy.deepcopy(run)
        self.run.check_optimizer()
        self.run.match_output()
        self.run.averages.hide()
        _plan(self.run, self.rows.n_rows)
        self._plain = _without_dropout(self.run)
        self._engine = Engine(self._plain)
        rows = self.rows.n_rows
        self.sample: NDArray[np.int64] = np.random.default_rng(run.seed).permutation(rows)[:MOST_ROWS].astype(np.int64)

    @property
    def parameters(self) -> Array:
        """All weights of the copy, in one vector."""
        parameters: Array = self.run.model.network.parameters
        return parameters

    def gradient(self) -> tuple[float, Array]:
        """Loss and flat gradient on the rows looked at, without dropout and noise."""
        self._plain.model.network.parameters[:] = self.parameters
        return self._engine.gradients(self.rows, self.sample)

    def update(self, factor: float = 1.0) -> Array:
        """What the next step on the first rows of the sample adds to the weights, with a learning rate of `factor` times its own."""
        run = copy.deepcopy(self.run)
        if factor != 1.0:
            run.optimizer = copy.copy(run.optimizer)
            vars(run.optimizer).update(learning_rate=factor * vars(run.optimizer)["learning_rate"])
        engine, batch = Engine(run), self.batch
        engine.train(self.rows, batch, 0, batch.size, 1, engine.tasks(batch.size))
        found: Array = run.model.network.parameters - self.parameters
        return found

    @property
    def batch(self) -> NDArray[np.int64]:
        """The rows of that step."""
        return self.sample[: self.run.rows_of_step(self.rows.n_rows)]

    def loss_after(self, update: Array, share: float) -> float:
        """The loss of the rows of the step after a share of it, which may be above 1."""
        self._plain.model.network.parameters[:] = self.parameters + share * update
        return self._engine.gradients(self.rows, self.batch)[0]


def _plan(run: Run, rows: int) -> None:
    """Let schedules know what the next step is of: where a call of ``fit`` has ended, of one as long, or of the first."""
    run.memory.adapt(run.optimizer)
    done, plan, per_epoch = run.memory.steps, run.plan.now, -(-rows // run.rows_of_step(rows))
    if done >= plan.end:
        run.plan.begin(done, plan.end - plan.begin or _EPOCHS * per_epoch, per_epoch, resumed=False)
    run.plateaus.follow(run.epoch)


def _without_dropout(run: Run) -> Run:
    """A run of the same loss with a model of the same shape, whose losses can be compared from step to step."""
    model = run.model
    normalization: Any = model.between.normalization
    twin = MLP(
        model.layer_sizes,
        activation=model.activations[:-1],
        output_activation=model.activations[-1],
        normalization=normalization,
        dtype=model.dtype,
        seed=0,
    )
    settings = {name: getattr(run, name) for name in ("threads", "precision", "missing_targets")}
    plain = Run(twin, run.loss, SGD(), batch_size=None, shuffle=False, seed=0, **settings)
    plain.take_output()
    return plain
