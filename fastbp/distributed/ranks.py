"""Steps that several processes make together.

Each computes the gradients of its shards, one after the other and layer after layer, and sends every other process the part of them that
this one owns, while it goes on with the next. The owner adds the shards in their order and changes its parameters, with its part of the
optimizer's memory; then all get all parameters. MPI moves numbers, and adds none.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from fastbp import layout
from fastbp._typing import Array
from fastbp.data.rows import Rows
from fastbp.distributed.joined import Joined
from fastbp.distributed.pump import Pump
from fastbp.distributed.routes import moved, places_of, rows_at
from fastbp.distributed.spans import buckets_of
from fastbp.distributed.team import Team, named, portable
from fastbp.kernels.arguments import Limits
from fastbp.kernels.codes import AFTER, CLIP_NORM, LAMB, NORMS, RULE, SQUARES, TRUST
from fastbp.kernels.portions import Span
from fastbp.training.interrupt import Interrupt
from fastbp.training.run import Run
from fastbp.training.sharded import Steps, Update, add, share

# Bytes of a gradient that is so long on its way that it needs to be looked after.
_LONG = 1 << 18


class Ranks:
    """The group of `Sharded` that is one of several processes; `interrupt` tells which signals came to this one."""

    def __init__(self, team: Team, run: Run, interrupt: Interrupt | None = None) -> None:
        network = run.model.network
        self._team, self._network, self._dtype, self._interrupt = team, network, run.model.dtype, interrupt
        self._shards = run.shards
        # On one machine sending takes the processors' time, and one thread that does it is faster than two, and than many messages.
        apart = team.is_on_several_hosts
        buckets = buckets_of(network, team.size, by_layers=apart)
        self.layers, self._shared = [bucket.layers for bucket in buckets], [bucket.spans for bucket in buckets]
        self.own, self.code = [spans[team.rank] for spans in self._shared], 0
        # Where each of the own spans begins in a row of what is received, and where the last one ends.
        self._begins = [0, *itertools.accumulate(span.end - span.begin for span in self.own)]
        self.most_tasks: float = run.threads or team.processors
        self._total = layout.aligned_zeros(network.size, self._dtype)
        self._gradients: list[Array] = []
        self._received: Array = np.empty((0, 0), self._dtype)
        self._parts: list[Span] = []  # the shards of each process
        self._requests: list[Any] = []
        self._pump = Pump(team.look) if apart and team.may_look_aside and self._total.nbytes >= _LONG else None
        self._failure: BaseException | None = None
        self._reason: str | None = None

    def bring(self, rows: Rows, steps: Steps) -> tuple[Rows, Steps] | None:
        """Rows of other processes come for all of the steps at once, where each process has rows of its own."""
        if not isinstance(rows, Joined):
            return rows, steps
        places = places_of(steps, self._shards, self._team.size)
        parcel = None
        try:
            parcel = rows.pack([rows_at(steps, each) for each in places])
        except Exception as error:
            self.fail(error)
        if self._team.any(self._failure is not None) or parcel is None:
            return None
        here, where = rows.exchange(parcel)
        return here, moved(steps, places[self._team.rank], where)

    def begin(self, shards: int, size: int) -> Span:
        """The shards of this process; places for what comes from the others."""
        self._parts = [share(shards, rank, self._team.size) for rank in range(self._team.size)]
        own: Span = self._parts[self._team.rank]
        self._gradients = [array for array in self._gradients if array.size >= size]
        while len(self._gradients) < own.end - own.begin:
            self._gradients.append(layout.aligned_zeros(size, self._dtype))
        if self._received.shape[0] < shards:
            self._received = np.empty((shards, self._begins[-1]), self._dtype)
        return own

    def place(self, shard: int) -> Array:
        """One for each shard: it is being sent while the next is computed."""
        array: Array = self._gradients[shard - self._parts[self._team.rank].begin]
        return array

    def fail(self, error: Exception) -> None:
        """Remember it until the others can be told."""
        self._failure = self._failure or error

    def take(self, shard: int, layers: Span) -> None:
        """Begin to send what a shard's gradient has of some layers to its owners, and to get theirs of as many shards of each process."""
        mine = self._parts[self._team.rank]
        self._exchange(shard - mine.begin, self.layers.index(layers))
        if self._pump is not None and (shard + 1 < mine.end or layers.begin > 0):
            self._pump.on()

    def _exchange(self, number: int, bucket: int) -> None:
        """A bucket of the shards that come in this place in their processes, where these have so many."""
        parts, mine, width, nothing = self._parts, self._parts[self._team.rank], self._begins[-1], Span(0, 0)
        sends = mine.begin + number < mine.end
        gives = self._shared[bucket] if sends else [nothing] * len(parts)
        begins = [(part.begin + number) * width if part.begin + number < part.end else None for part in parts]
        takes = [nothing if at is None else Span(at + self._begins[bucket], at + self._begins[bucket + 1]) for at in begins]
        gradient = self._gradients[number] if sends else self._total
        self._requests.extend(self._team.exchange(gradient, gives, self._received, takes))

    def total(self) -> Array | None:
        """The sum of all shards over the own parameters; None where a process could not compute one."""
        if self._pump is not None:
            self._pump.off()
        mine = self._parts[self._team.rank]
        for number in range(mine.end - mine.begin, max(part.end - part.begin for part in self._parts)):
            for bucket in range(len(self.layers)):
                self._exchange(number, bucket)
        failed = self._team.any(self._failure is not None)
        self._team.wait(*self._requests)
        self._requests.clear()
        if failed:
            return None
        for span, begin in zip(self.own, self._begins, strict=False):
            own, received = self._total[span.begin : span.end], self._received[:, begin : begin + span.end - span.begin]
            np.copyto(own, received[0])
            for shard in range(1, self._parts[-1].end):
                add(own, received[shard])
        return self._total

    def update(self, update: Update, limits: Limits) -> None:
        """The own parameters, with what the step must know of the others'; then everybody has all."""
        if limits.settings[CLIP_NORM] > 0:
            self._sum(update, SQUARES, limits)
        self._each(update, RULE)
        if self.code == LAMB:
            self._sum(update, NORMS, limits)
            self._each(update, TRUST)
        self._team.gather_all(self._network.parameters, *self._shared)
        update(AFTER, Span(0, self._network.size))

    def _each(self, update: Update, part: int) -> None:
        for span in self.own:
            update(part, span)

    def _sum(self, update: Update, part: int, limits: Limits) -> None:
        """Sums of squares, block by block, of all processes."""
        limits.sums[:] = 0
        self._each(update, part)
        self._team.merge(limits.sums)

    def collect(self, losses: Array) -> Array:
        """The losses of all shards, and what else each process has to tell."""
        self._team.merge(losses)
        reason = None if self._interrupt is None else self._interrupt.reason
        told = self._team.all_of((reason, None if self._failure is None else portable(self._failure)))
        self._reason = next((each for each, _ in told if each is not None), None)
        self._failure = next((named(error, rank) for rank, (_, error) in enumerate(told) if error is not None), None)
        return losses

    def reason_to_stop(self) -> str | None:
        """A signal that came to any process; the error of one is raised."""
        if self._failure is not None:
            error, self._failure = self._failure, None
            raise error
        return self._reason
