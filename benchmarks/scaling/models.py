"""The models of all nets, from what was measured."""

from __future__ import annotations

from functools import cache
from statistics import median

from benchmarks.scaling.costs import costs_of, interpolated, line_of, link_over_memory, node_of
from benchmarks.scaling.net import NETS
from benchmarks.scaling.step import NONE, Costs, Link, Times, step
from benchmarks.scaling.threads import Core, Machine


class Models:
    """Of this machine, and of a node."""

    def __init__(self, measured: dict, machine: Machine) -> None:
        self._measured, self.machine = measured, machine
        self.ranks = [int(ranks) for ranks in measured["ranks"]]
        self.costs, self.link, self.core, self.node = (cache(each) for each in (self._costs, self._link, self._core, self._node))

    def of(self, ranks: int, name: str) -> dict:
        """The figures of a net on so many processes."""
        return self._measured["ranks"][str(ranks)][name]

    def threads(self, name: str) -> dict:
        """Seconds of steps by threads and rows."""
        return self._measured["threads"][name]

    def step(self, ranks: int, name: str) -> Times:
        """On so many processes of this machine, from the parts measured on as many."""
        net = NETS[name]
        return step(self.of(1, name)["parameters"], net.batch, net.shards, ranks, self.costs(ranks, name), self.link(ranks, name))

    def error(self, ranks: int, name: str) -> float:
        """Of the model of a step, as a share of what was measured in the same minute: the median over the rounds."""
        rounds = [Models(self._measured | {"ranks": turn}, self.machine) for turn in self._measured["rounds"]]
        return median(each.step(ranks, name).total / each.of(ranks, name)["step"] - 1 for each in rounds)

    def _costs(self, ranks: int, name: str) -> Costs:
        """What a step takes beside its parts is the rest of one whose gradients are left out."""
        net, figures = NETS[name], self.of(ranks, name)
        costs = costs_of(figures, net.batch // net.shards)
        without = costs._replace(shard=lambda rows: 0.0)
        known = step(figures["parameters"], net.batch, net.shards, ranks, without, self.link(ranks, name)).total
        return costs._replace(fixed=max(0.0, figures["nothing"] - known))

    def _link(self, ranks: int, name: str) -> Link:
        if ranks == 1:
            return NONE
        # Bytes of the smallest tell nothing; it has those of the next.
        name = sorted(NETS, key=self._size)[1] if name == self._smallest else name
        return link_over_memory(self.of(ranks, self._smallest), self.of(ranks, name), ranks)

    def _size(self, name: str) -> int:
        return int(self.of(1, name)["parameters"])

    @property
    def _smallest(self) -> str:
        return min(NETS, key=self._size)

    def _core(self, name: str) -> Core:
        net, between = NETS[name], self._measured["between"]
        ends = {rows: self.threads(name)[f"1,{rows}"] for rows in (net.batch // 8, 2 * net.batch)}
        row, fixed = line_of(ends)
        lines = interpolated({int(size): each for size, each in between["lines"].items()}, goes_on=False)
        return Core(row, fixed, between["barrier"], lines)

    def _node(self, name: str) -> Costs:
        smallest = self.of(2, self._smallest)
        costs = self.costs(2, name)._replace(message=max(0.0, smallest["post"] - smallest["own"]))
        return node_of(NETS[name], self.core(name), self.of(2, name), costs, self.machine)
