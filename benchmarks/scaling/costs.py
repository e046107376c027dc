"""What was measured, as the models take it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from statistics import median

import numpy as np

from benchmarks.scaling.net import SIZE, Net
from benchmarks.scaling.step import Costs, Link
from benchmarks.scaling.threads import Core, Machine, predict

# As `fastbp.processors.threads` has it: multiply-adds that are worth a thread.
_WORTH = 100_000
#: Numbers that Adam reads and writes for a parameter: its gradient, itself and two beside it.
_UPDATE_BYTES = 7 * SIZE


def pooled(turns: list[dict]) -> dict:
    """The medians of figures that were measured several times."""
    return {
        name: pooled([turn[name] for turn in turns]) if isinstance(value, dict) else median(turn[name] for turn in turns)
        for name, value in turns[0].items()
    }


def interpolated(points: dict[float, float], goes_on: bool = True) -> Callable[[float], float]:
    """Straight lines between what was measured, and on beyond the last two, if it `goes_on`; before the first it stays."""
    at = sorted(points)
    values = [points[each] for each in at]

    def value(x: float) -> float:
        if goes_on and x > at[-1]:
            slope = (values[-1] - values[-2]) / (at[-1] - at[-2])
            return values[-1] + slope * (x - at[-1])
        return float(np.interp(x, at, values))

    return value


def line_of(shards: dict[str, float]) -> tuple[float, float]:
    """Seconds of a row and of a call, from those of shards of some rows."""
    rows, seconds = np.array([[int(count), each] for count, each in shards.items()]).T
    # Relative errors count alike.
    row, call = np.polyfit(rows, seconds, 1, w=1 / seconds)
    return float(row), max(0.0, float(call))


def costs_of(figures: dict, rows: int) -> Costs:
    """Of a process, from what was measured on as many, but for what a step takes beside its parts; `rows`, of the net's own shards.

    Gradients one after the other find in the caches what they need. Within a step the messages and the sums of others come between: how
    much longer they take there is known for shards of so many rows, and taken for all.
    """
    call, parameter = figures["update"]["call"], figures["update"]["parameter"]
    points = {int(count): seconds for count, seconds in figures["shard"].items()}
    by = figures["within"] / points[rows]
    shard = interpolated({count: by * seconds for count, seconds in points.items()})
    return Costs(shard, lambda count: call + count * parameter, figures["add"], figures.get("post", 0.0), 0.0)


def link_over_memory(small: dict, figures: dict, ranks: int) -> Link:
    """Between processes of a machine, who move the bytes themselves; `small`, those of a net whose bytes count for nothing."""
    size = SIZE * figures["parameters"] / ranks

    def bandwidth(name: str, count: int, beside: float) -> float:
        # What differences of times leave is never less than a part of them.
        return count * size / max(figures[name] - beside, 0.05 * figures[name])

    own = bandwidth("own", 1, small["own"])
    exchange, gather = small["exchange"], small["gather"]
    # To begin an exchange is a part of it, and counted apart.
    return Link(
        max(0.0, exchange - small["post"]), bandwidth("exchange", ranks - 1, exchange + size / own), False,
        gather, bandwidth("gather", ranks - 1, gather), small["flag"], own,
    )  # fmt: skip


def node_of(net: Net, core: Core, figures: dict, costs: Costs, machine: Machine) -> Costs:
    """A node that computes on all its cores; Python, and NumPy, which adds the gradients of shards, on one."""
    row, call = line_of(figures["shard"])
    gradient = core._replace(row=row, fixed=call)

    @cache
    def shard(rows: int) -> float:
        threads = max(1, min(machine.cores, 3 * rows * net.parameters // _WORTH))
        return predict(net, rows, threads, gradient, machine, slots=0).total

    def update(count: int) -> float:
        whole = count * figures["update"]["parameter"] / machine.cores
        return figures["update"]["call"] + max(whole, count * _UPDATE_BYTES / machine.memory)

    return costs._replace(shard=shard, update=update)
