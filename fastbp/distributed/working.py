"""What the others do while the leader runs ``fit``."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows
from fastbp.distributed.joined import ROWS, Joined
from fastbp.distributed.leading import END, STEPS, Job
from fastbp.distributed.ranks import Ranks
from fastbp.distributed.team import Team
from fastbp.kernels.arguments import Limits, Rule
from fastbp.kernels.codes import PARTS
from fastbp.kernels.lanes.sizes import PIECE
from fastbp.training.engine import Engine
from fastbp.training.interrupt import Interrupt
from fastbp.training.mixup import Mixture
from fastbp.training.run import Run
from fastbp.training.sharded import Steps


class Working(Ranks):
    """A process that is not the leader. Of the optimizer's memory it has its part: nothing is written to the rest."""

    def __init__(self, team: Team, run: Run, engine: Engine, rows: Rows, interrupt: Interrupt) -> None:
        super().__init__(team, run, interrupt)
        self._run, self._engine, self._rows = run, engine, rows
        self._order: NDArray[np.int64] = np.empty(0, np.int64)
        self._mixture: Mixture | None = None
        self._slots: Array = np.empty((0, self._network.size), self._dtype)
        blocks = -(-self._network.size // PIECE)
        self._sums: Array = np.zeros(2 * (blocks + PARTS * self._network.layers), self._dtype)

    def announce(self, steps: Steps) -> None:
        """The leader does."""

    def serve(self) -> Any:
        """Do as the leader says until it says that there is no more; what came of it."""
        while True:
            kind, content = self._team.hear()
            if kind == END:
                return content
            if kind == STEPS:
                steps = self._steps(content)
                tasks = min(self._engine.tasks(-(-steps.batch // self._run.shards)), int(self.most_tasks))
                # What failed here the leader has heard of then.
                self.collect(self._engine.sharded.make(self._rows, steps, tasks, self))
                self._failure = None
            elif kind == ROWS:
                self._send(content)
            else:
                for slot in self._slots:
                    self._team.gather(slot, *self._shared)

    def _send(self, rows: NDArray[np.int64]) -> None:
        assert isinstance(self._rows, Joined)
        self._rows.send(rows)

    def _steps(self, job: Job) -> Steps:
        """The steps of a job, with what comes after it."""
        size, parameters, rates = self._network.size, self._network.parameters, job.rates
        if job.order is not None:
            self._order = np.empty(job.order, np.int64)
            self._team.share(self._order)
        if job.partners is not None:
            self._mixture = None
        if job.partners:
            self._mixture = Mixture(np.empty(job.partners, np.int64), np.empty(job.partners, self._dtype))
            for array in self._mixture:
                self._team.share(array)
        if job.parameters:
            self._team.share(parameters)
        if job.slots is not None:
            if job.slots != len(self._slots):
                self._slots = layout.aligned_zeros(job.slots * size, self._dtype).reshape(-1, size)
            for slot in self._slots:
                self._team.scatter(slot, *self._shared)
        self.code = job.code
        rule = Rule(job.code, job.n_slots, 0, rates, self._total, self._slots.reshape(-1))
        limits = Limits(1, job.settings, self._sums, self._run.averages.flat)
        return Steps(self._order, job.order_begin, job.batch, job.updates, self._mixture, job.done, rule, limits)
