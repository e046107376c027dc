"""The event model of a step on several processes: when each has computed, sent, added and updated.

    each process     its shards one after the other; after each it begins to send the gradient (an exchange)
    an exchange      begins when all have come to it and the one before it is through; takes latency + bytes / bandwidth
    no overlap       bytes move only while processes wait, that is when all shards are computed
    then             all tell whether they failed; the owner of a parameter adds all shards and updates; all get all parameters

So does `fastbp.distributed.ranks.Ranks`. One process alone adds each gradient as soon as it is there, and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from benchmarks.scaling.net import SIZE
from fastbp.distributed.spans import spans_of
from fastbp.kernels.portions import Span
from fastbp.training.sharded import share


class Costs(NamedTuple):
    """Seconds that a process computes."""

    shard: Callable[[int], float]  # the gradient of so many rows
    update: Callable[[int], float]  # so many parameters, from their gradients
    add: float  # a parameter's gradient of one shard, to the sum
    post: float  # to begin an exchange with one other
    fixed: float  # a step, beside all this
    message: float = 0.0  # to begin it with another one more


class Link(NamedTuple):
    """Seconds and bytes a second between processes; what moves while they compute `overlaps`."""

    latency: float
    bandwidth: float
    overlaps: bool
    # Where they were measured apart, those of gathering; and what it takes until all know whether one has failed.
    gather_latency: float | None = None
    gather_bandwidth: float | None = None
    flag: float | None = None
    own: float = inf  # what a process sends itself

    def exchange(self, size: float, own: float) -> float:
        """Each with each; `size` bytes from or to the one that has the most, `own` to oneself."""
        return self.latency + size / self.bandwidth + own / self.own

    def gather(self, ranks: int, size: float) -> float:
        """All get what each has, `size` bytes together: each sends its own to all."""
        latency, bandwidth = self.gather_latency or self.latency, self.gather_bandwidth or self.bandwidth
        return latency + size * (ranks - 1) / ranks / bandwidth

    def told(self, ranks: int) -> float:
        """All know what one says."""
        return (self.flag or self.latency) * (ranks - 1).bit_length()


#: Of a process that is alone.
NONE = Link(0.0, inf, False)


class Times(NamedTuple):
    """Seconds of a step, one after the other."""

    compute: float  # until all have computed their shards
    wait: float  # for what was not sent by then
    sums: float
    update: float
    gather: float
    fixed: float

    @property
    def total(self) -> float:
        """Of the step."""
        return sum(self)


def step(parameters: int, rows: int, shards: int, ranks: int, costs: Costs, link: Link) -> Times:
    """A step on a batch of so many rows, cut into shards."""
    shards = min(shards, rows)
    lengths = [rows * (shard + 1) // shards - rows * shard // shards for shard in range(shards)]
    if ranks == 1:
        compute = sum(map(costs.shard, lengths))
        return Times(compute, 0.0, (shards - 1) * parameters * costs.add, costs.update(parameters), 0.0, costs.fixed)
    spans = spans_of(Span(0, parameters), ranks)
    own = [span.end - span.begin for span in spans]
    parts = [share(shards, rank, ranks) for rank in range(ranks)]
    computed, posted = _computed(parts, lengths, costs)
    through = _through(parts, own, parameters, posted if link.overlaps else [computed] * len(posted), link)
    arrived = max(computed + link.told(ranks), through)
    most = max(own)
    sums, update = shards * most * costs.add, costs.update(most)
    gather = costs.message * (ranks - 2) + link.gather(ranks, SIZE * parameters)
    return Times(computed, arrived - computed, sums, update, gather, costs.fixed)


def _computed(parts: list[Span], lengths: list[int], costs: Costs) -> tuple[float, list[float]]:
    """When all have computed, and when all have come to each exchange."""
    clocks, posted = [0.0] * len(parts), []
    for place in range(max(part.end - part.begin for part in parts)):
        for rank, part in enumerate(parts):
            if part.begin + place < part.end:
                clocks[rank] += costs.shard(lengths[part.begin + place])
            clocks[rank] += costs.post + costs.message * (len(parts) - 2)
        posted.append(max(clocks))
    return max(clocks), posted


def _through(parts: list[Span], own: list[int], parameters: int, begins: list[float], link: Link) -> float:
    """When the last exchange is through: each begins at its time at the earliest, and after the one before it."""
    clock = 0.0
    for place, begin in enumerate(begins):
        senders = [part.begin + place < part.end for part in parts]
        sent = [parameters - count if sends else 0 for count, sends in zip(own, senders, strict=True)]
        got = [count * (sum(senders) - sends) for count, sends in zip(own, senders, strict=True)]
        clock = max(clock, begin) + link.exchange(SIZE * max(*sent, *got), SIZE * max(own))
    return clock
