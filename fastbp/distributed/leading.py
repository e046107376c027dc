"""What the leader tells the others: which steps come, and when there are no more."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fastbp._typing import Array
from fastbp.distributed.ranks import Ranks
from fastbp.distributed.team import Team
from fastbp.training.run import Run
from fastbp.training.sharded import Steps

#: What the others are told to do: to make steps, to give the leader their parts of the optimizer's memory, to end.
STEPS, SLOTS, END = "steps", "slots", "end"


class Job(NamedTuple):
    """Steps to be made, and what must be known for them that the others have not got. Arrays follow, in the order of these fields."""

    order: int | None  # so many rows in a new order; None: that of before
    partners: int | None  # so many rows with new partners to be mixed with; 0: none are mixed
    parameters: bool  # other parameters than after the last steps
    slots: int | None  # so many slots of the optimizer's memory, with other numbers than after the last steps
    order_begin: int
    batch: int
    updates: int
    done: int
    code: int
    n_slots: int
    rates: Array
    settings: Array


class Leading(Ranks):
    """The leader of the processes."""

    def __init__(self, team: Team, run: Run) -> None:
        super().__init__(team, run)
        self._run = run
        # What the others have.
        self._order: Any = None
        self._mixture: Any = None
        self._known: Array | None = None
        self._changes = -1
        self._slots_are_here = True

    def announce(self, steps: Steps) -> None:
        """Tell the others of steps, and what is new."""
        memory, parameters, mixture, rule = self._run.memory, self._run.model.network.parameters, steps.mixture, steps.rule
        self.code = rule.code
        job = Job(
            order=None if steps.order is self._order else steps.order.size,
            partners=None if mixture is self._mixture else 0 if mixture is None else mixture.partners.size,
            parameters=self._known is None or not _same(self._known, parameters),
            slots=None if memory.changes == self._changes else len(memory.slots),
            rates=rule.rates[rule.first : rule.first + steps.updates],
            settings=steps.limits.settings,
            **{name: getattr(steps, name) for name in ("order_begin", "batch", "updates", "done")},
            **{name: getattr(rule, name) for name in ("code", "n_slots")},
        )
        self._team.tell((STEPS, job))
        if job.order is not None:
            self._team.share(np.ascontiguousarray(steps.order))
        if job.partners and mixture is not None:
            self._team.share(mixture.partners)
            self._team.share(mixture.shares)
        if job.parameters:
            self._team.share(parameters)
        for slot in memory.slots if job.slots is not None else ():
            self._team.scatter(slot, *self._shared)
        self._order, self._mixture, self._changes = steps.order, mixture, memory.changes

    def collect(self, losses: Array) -> Array:
        """As of all; the others have the parameters that are here now."""
        parameters = self._run.model.network.parameters
        self._known = parameters.copy() if self._known is None else self._known
        np.copyto(self._known, parameters)
        self._slots_are_here = False
        found = super().collect(losses)
        if not len(found):
            # No step was made, of which there could be a loss.
            self.reason_to_stop()
        return found

    def collect_slots(self) -> None:
        """Have all of the optimizer's memory here, unless it is, or was given other numbers here."""
        memory = self._run.memory
        if self._slots_are_here or memory.changes != self._changes:
            return
        self._team.tell((SLOTS, None))
        for slot in memory.slots:
            self._team.gather(slot, *self._shared)
        self._slots_are_here = True

    def end(self, outcome: Any) -> None:
        """Tell the others that there is no more, and what came of it."""
        self._team.tell((END, outcome))


def _same(one: Array, other: Array) -> bool:
    """Bit by bit: what is not finite, too."""
    return np.array_equal(one.view(np.uint8), other.view(np.uint8))
