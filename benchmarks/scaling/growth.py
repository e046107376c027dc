"""Many nodes, each a process with all its cores: how efficient, and from which batch on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from benchmarks.scaling.net import Net
from benchmarks.scaling.step import Costs, Link, Times, step

#: The most rows of a node that are tried.
MOST = 1 << 22


def link_of(gigabits: float, latency: float, overlaps: bool, own: float = inf) -> Link:
    """A network of so many Gbit/s; `own`, bytes a second that a process sends itself."""
    return Link(latency, gigabits * 1e9 / 8, overlaps, own=own)


def weak(net: Net, rows: int, nodes: int, per_node: int, costs: Costs, link: Link) -> Times:
    """A step in which each node has so many rows, in `per_node` shards; one node alone cuts none."""
    return step(net.parameters, rows * nodes, per_node * nodes if nodes > 1 else 1, nodes, costs, link)


def weak_efficiency(net: Net, rows: int, nodes: int, per_node: int, costs: Costs, link: Link) -> float:
    """Of one node's time for its rows alone, in that of a step of all."""
    return weak(net, rows, 1, 1, costs, link).total / weak(net, rows, nodes, per_node, costs, link).total


def strong_efficiency(net: Net, rows: int, nodes: int, per_node: int, costs: Costs, link: Link) -> float:
    """Of the time of one node for a batch of so many rows, by as many as there are nodes, in that of a step of all."""
    alone = step(net.parameters, rows, 1, 1, costs, link).total
    return alone / (nodes * step(net.parameters, rows, per_node * nodes if nodes > 1 else 1, nodes, costs, link).total)


def threshold(efficiency: Callable[[int], float], wanted: float, batches: Iterable[int] | None = None) -> int | None:
    """The smallest batch of a node from which on efficiency is as wanted; None: it never is."""
    found = None
    for rows in sorted(batches or steps(), reverse=True):
        if efficiency(rows) < wanted:
            break
        found = rows
    return found


def steps() -> list[int]:
    """Batches to try: powers of two, and half way between them."""
    powers = [1 << exponent for exponent in range(4, MOST.bit_length())]
    return sorted({*powers, *(3 * power // 2 for power in powers[:-1])})
