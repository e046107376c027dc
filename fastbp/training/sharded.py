"""Steps whose batches are cut into shards: the gradient of each is one chain, and their sum is one, too, shard after shard.

    g = g_1 + g_2 + ... + g_k,  then the update of a step apart

How many shards there are is a setting of the run. Who computes which of them, and who adds and updates which parameters, is the affair of a
`Group`, and leaves no trace in the bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.data.rows import Rows, as_they_lie
from fastbp.kernels.arguments import Call, Data, Limits, Rule
from fastbp.kernels.codes import AFTER, GIVEN, NORMS, RULE, SQUARES, TRAIN, TRUST
from fastbp.kernels.lanes.sizes import gradients_size
from fastbp.kernels.loader import prepared, units_for
from fastbp.kernels.portions import Span
from fastbp.processors.threads import start
from fastbp.training.mixup import Mixture
from fastbp.training.moments import Moments
from fastbp.training.run import Run

if TYPE_CHECKING:
    from fastbp.kernels.block import Prepared

#: All that an update does.
WHOLE = SQUARES | RULE | NORMS | TRUST | AFTER


class Steps(NamedTuple):
    """Some updates, one after the other."""

    order: NDArray[np.int64]
    order_begin: int
    batch: int  # rows of each, all shards together; the last of the order may be short
    updates: int
    mixture: Mixture | None
    done: int  # updates of the run before them
    rule: Rule
    limits: Limits

    def rows(self, number: int) -> Span:
        """The places in the order of the batch of an update. A batch that is the whole set comes again and again."""
        begin = (self.order_begin + number * self.batch) % self.order.size
        return Span(begin, min(begin + self.batch, self.order.size))


class Shard(NamedTuple):
    """A part of a batch."""

    begin: int  # its first place in the order
    rows: int
    batch: int  # rows of the whole batch, over which losses are means
    number: int  # of the random numbers of dropout, no two shards of a run alike
    layers: Span  # those whose gradients are asked for; of those after them they have been


#: Computes the gradient of a shard, with the rates of an update, into an array; gives its part of the loss, with that of the last layer.
#: Then the tasks.
Gradient: TypeAlias = Callable[[Rows, Steps, Shard, Rule, Array, int], Any]
#: Does some parts of an update with some parameters, of which whole blocks.
Update: TypeAlias = Callable[[int, Span], None]


class Group(Protocol):
    """Who makes the steps."""

    #: Threads that each may have.
    most_tasks: float
    #: Layers whose gradients are computed, and taken, at a time: the last ones first.
    layers: list[Span]

    @property
    def own(self) -> list[Span]:
        """The parameters that are updated here."""

    def bring(self, rows: Rows, steps: Steps) -> tuple[Rows, Steps] | None:
        """Rows that are here, and steps that have them in the places of the shards computed here; None where that failed in one process."""

    def announce(self, steps: Steps) -> None:
        """Let the others know what is made next."""

    def begin(self, shards: int, size: int) -> Span:
        """A step on so many shards begins, with arrays for gradients of `size`; those that are computed here."""

    def place(self, shard: int) -> Array:
        """Where the gradient of a shard is to be computed."""

    def fail(self, error: Exception) -> None:
        """It cannot be computed. Unless this raises the error, nobody makes the step."""

    def take(self, shard: int, layers: Span) -> None:
        """It has been computed, for these layers."""

    def total(self) -> Array | None:
        """The sum over all shards, of the parameters that are updated here; None where a step cannot be made."""

    def update(self, update: Update, limits: Limits) -> None:
        """Change all parameters."""

    def collect(self, losses: Array) -> Array:
        """The losses of all shards, from those that were computed here; a row a step."""

    def reason_to_stop(self) -> str | None:
        """Why no further steps should be made, if one of the group says so."""


class Alone:
    """One process has all shards and all parameters. It adds a gradient to the sum as soon as it is there."""

    most_tasks = math.inf

    def __init__(self, run: Run) -> None:
        self._size, self._dtype, self.layers = run.model.network.size, run.model.dtype, [Span(0, run.model.network.layers)]
        self._sum = self._next = layout.aligned_zeros(0, self._dtype)

    @property
    def own(self) -> list[Span]:
        """All."""
        return [Span(0, self._size)]

    def announce(self, steps: Steps) -> None:
        """There is nobody else."""

    def bring(self, rows: Rows, steps: Steps) -> tuple[Rows, Steps]:
        """All rows are here."""
        return rows, steps

    def begin(self, shards: int, size: int) -> Span:
        """All shards."""
        if self._sum.size < size:
            self._sum, self._next = (layout.aligned_zeros(size, self._dtype) for _ in range(2))
        return Span(0, shards)

    def place(self, shard: int) -> Array:
        """The first gradient begins the sum."""
        return self._next if shard else self._sum

    def fail(self, error: Exception) -> None:
        """Nobody else waits."""
        raise error

    def take(self, shard: int, layers: Span) -> None:
        """Add it."""
        if shard:
            add(self._sum[: self._size], self._next[: self._size])

    def total(self) -> Array:
        """The sum."""
        return self._sum

    def update(self, update: Update, limits: Limits) -> None:
        """All at once."""
        update(WHOLE, Span(0, self._size))

    def collect(self, losses: Array) -> Array:
        """All are here."""
        return losses

    def reason_to_stop(self) -> None:
        """There is none."""


class Sharded:
    """Makes the steps of a run. Buffers of a batch are the engine's, whose `gradient` it is given."""

    def __init__(self, run: Run, gradient: Gradient) -> None:
        self._run, self._network, self._dtype, self._gradient = run, run.model.network, run.model.dtype, gradient
        self._call: Prepared | None = None
        self._tasks = 0
        self._moments = Moments(run.model)

    def make(self, rows: Rows, steps: Steps, tasks: int, group: Group) -> Array:
        """The steps; the loss of each of the shards that are computed here, a row a step, as many as could be made."""
        shards, size = self._run.shards, self._network.size
        losses = np.zeros((steps.updates, shards), self._dtype)
        brought = group.bring(rows, steps)
        if brought is None:
            return losses[:0]
        rows, steps = brought
        for number in range(steps.updates):
            batch = steps.rows(number)
            n_rows = batch.end - batch.begin
            cut = min(shards, n_rows)
            own = group.begin(cut, max(size, gradients_size(-(-n_rows // cut), size)))
            rule = steps.rule._replace(first=steps.rule.first + number)
            for shard in range(own.begin, own.end):
                begin, end = share(n_rows, shard, cut)
                for layers in group.layers:
                    part = Shard(batch.begin + begin, end - begin, n_rows, (steps.done + number) * shards + shard, layers)
                    try:
                        loss = self._gradient(rows, steps, part, rule, group.place(shard), tasks)
                        if layers.end == self._network.layers:
                            losses[number, shard] = loss
                    except Exception as error:
                        group.fail(error)
                    group.take(shard, layers)
            total = group.total()
            if total is None:
                return losses[:number]
            for parameters in group.own:
                self._moments.follow(total, parameters)
            self._prepare(rule._replace(gradients=total), steps.limits, tasks)
            group.update(self._update, steps.limits)
        return losses

    def _update(self, parts: int, parameters: Span) -> None:
        call = self._call
        assert call is not None
        if parameters.end > parameters.begin:
            call.set({"limits.apart": parts, "order_begin": parameters.begin, "batch_size": parameters.end - parameters.begin})
            layout.begin(self._workspace, self._network, 1, self._tasks)
            start(call, self._tasks)

    def _prepare(self, rule: Rule, limits: Limits, tasks: int) -> None:
        """A call of the kernels for updates by a rule, made anew only where there are more tasks."""
        call = self._call
        if call is None or tasks > self._tasks:
            call = self._call = self._begin(rule, limits, tasks)
        self._tasks = tasks
        call.set({"workspace.units": units_for(self._network, TRAIN, self._run.objective.code, rule.code, GIVEN)})
        for name, record in (("rule", rule), ("limits", limits)):
            call.set({f"{name}.{field}": value for field, value in record._asdict().items()})

    def _begin(self, rule: Rule, limits: Limits, tasks: int) -> Prepared:
        network, nothing = self._network, np.zeros(1, self._dtype)
        self._workspace = layout.workspace(network, 1, 1, tasks, training=False)
        # The rows of a batch are parameters here.
        data = Data(np.zeros((3, 4), np.int64), as_they_lie(1), network.size, 0, as_they_lie(1), nothing, nothing)
        shaping = layout.shaping(network, self._workspace)
        limits = limits._replace(apart=GIVEN)
        return prepared(Call(TRAIN, network, self._workspace, data, rule, limits, self._run.objective, shaping, 0, 1, nothing, 1))


def share(count: int, number: int, of: int) -> Span:
    """The part of so many things that is one's own, of so many parts about as large."""
    return Span(count * number // of, count * (number + 1) // of)


def add(total: Array, gradient: Array) -> None:
    """Add a gradient to the sum of those before it; what leaves the range of the type, the losses will show."""
    with np.errstate(over="ignore", invalid="ignore"):
        np.add(total, gradient, out=total)


def sums_of(losses: Array) -> Array:
    """The loss of each step, from those of its shards, added one after the other."""
    total: Array = losses[:, 0].copy()
    for shard in range(1, losses.shape[1]):
        add(total, losses[:, shard])
    return total
