"""What the parts of a step take, and whole steps, on the processes that ``mpiexec`` has started; the first prints it as JSON.

    mpiexec -n 2 python -m benchmarks.scaling.ranks 64-64-8

All measure at the same time, so that each has neighbours that compute, too. Each figure is the median of its turns; where there are
more processes than cores the mean, since most turns find a core, and some wait for that of another.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import fmean, median

import numpy as np

import fastbp
from benchmarks.comparison.options import CORES
from benchmarks.scaling.net import NETS
from fastbp import layout
from fastbp.data.rows import Rows, as_they_lie
from fastbp.distributed.ranks import Ranks
from fastbp.distributed.team import team
from fastbp.kernels.arguments import no_update
from fastbp.kernels.codes import RATES, RULE
from fastbp.kernels.portions import Span
from fastbp.training.sharded import Shard, Steps, add

#: Rows of shards that are measured, in shares of one of the net's batch.
SHARES = (1, 2, 4)
# Seconds of turns for each figure, and the least number of turns.
_SECONDS, _LEAST = 0.25, 5


class Timed:
    """A function, timed: seconds of each call, or of each of the many things that one makes."""

    def __init__(self, call):
        self.call, self.begins, self.times = call, [], []

    def __call__(self, *given):
        """As the function."""
        begin = time.perf_counter()
        found = self.call(*given)
        self.begins.append(begin)
        self.times.append((time.perf_counter() - begin) / max(1, np.size(found, 0) if np.ndim(found) else 1))
        return found

    def forget(self):
        """The calls so far."""
        self.begins.clear()
        self.times.clear()


class Parts:
    """A trainer of a net, taken apart."""

    def __init__(self, net, processes):
        self.net, self.team = net, team()
        self._middle = median if self.team.size <= CORES else fmean
        self.trainer = fastbp.Trainer(
            fastbp.MLP(net.sizes, activation="relu", seed=0),
            loss="cross_entropy", optimizer="adam", batch_size=net.batch, shards=net.shards, threads=1, seed=0,
            distributed=processes if self.team.size > 1 else None,
        )  # fmt: skip
        random = np.random.default_rng(0)
        self.X = random.random((4 * net.batch, net.sizes[0]), dtype=np.float32)
        self.y = random.integers(0, net.sizes[-1], 4 * net.batch)
        self.network, self.engine = self.trainer.model.network, self.trainer._engine
        self.sharded = self.engine.sharded
        self._fit(1)

    def figures(self):
        """By the name of the part, seconds."""
        found = self._steps() | {"add": self._add(), "update": self._update(), "shard": self._shards()}
        # Those who come late to a step come late without gradients, too, and are in what that takes.
        without = self._without_gradients()
        found |= {"nothing": without["step"], "within": found["within"] - without["within"]}
        if self.team.size > 1:
            found |= self._messages()
        return found | {"parameters": self.network.size}

    def _fit(self, epochs):
        self.trainer.fit(self.X, self.y, epochs=epochs, progress=False)

    def _steps(self):
        """Of a step as it is, and of a shard's gradient within it."""
        sharded, begin = self.sharded, time.perf_counter()
        step, within = Timed(sharded.make), Timed(sharded._gradient)
        sharded.make, sharded._gradient = step, within
        self._fit(1)
        one = self.team.first_of(time.perf_counter() - begin)
        step.forget()
        within.forget()
        self._fit(max(3, int(1.0 / one)))
        sharded.make, sharded._gradient = step.call, within.call
        return {"step": self._middle(step.times), "within": self._until_all_have(within)}

    def _until_all_have(self, shards):
        """Seconds of a shard, from where the first process begins those of a step to where the last has its own; they have one clock."""
        own = self.net.shards // self.team.size
        begins, times = (np.array(self.team.all_of(each)).reshape(self.team.size, -1, own) for each in (shards.begins, shards.times))
        ends = begins[:, :, 0] + times.sum(axis=2)
        return float(self._middle(ends.max(axis=0) - begins[:, :, 0].min(axis=0))) / own

    def _without_gradients(self):
        """The same of a step whose gradients are left out."""
        compute, self.sharded._gradient = self.sharded._gradient, lambda *given: 0.0
        found = self._steps()
        self.sharded._gradient = compute
        return found

    def _add(self):
        """To add a gradient to the sum, a parameter."""
        size = self.network.size // 2
        total, received = (np.zeros(shape, np.float32) for shape in (size, (self.net.shards, size)))

        def turn():
            for shard in range(self.net.shards):
                add(total, received[shard])

        return self._timed(turn) / (self.net.shards * size)

    def _update(self):
        """To begin an update, and an update of each parameter."""
        few = self._timed(lambda: self.sharded._update(RULE, Span(0, min(self.network.size, 1024))))
        whole = self._timed(lambda: self.sharded._update(RULE, Span(0, self.network.size)))
        return {"call": few, "parameter": max(0.0, whole - few) / self.network.size}

    def _shards(self):
        """By the rows of a shard, its gradient. Each turn takes other rows, and keeps its gradient elsewhere."""
        net, trainer = self.net, self.trainer
        rows = Rows(self.X, trainer.loss.check_targets(self.y, len(self.y), net.sizes[-1], trainer.model.dtype))
        into = [layout.aligned_zeros(self.network.size, trainer.model.dtype) for _ in range(net.shards // 2)]
        rules = [no_update(np.zeros((1, RATES), np.float32), each)[0] for each in into]
        steps = Steps(as_they_lie(len(self.y)), 0, net.batch, 1, None, 0, rules[0], self.engine._free)
        found, every = {}, Span(0, self.network.layers)
        for count in (net.batch // net.shards * share for share in SHARES):
            turns = iter(range(1 << 62))

            def turn(count=count, turns=turns):
                number = next(turns)
                shard = Shard(number * count % (len(self.y) - count), count, net.batch, number, every)
                which = number % len(into)
                self.engine._shard_gradient(rows, steps, shard, rules[which], into[which], 1)

            found[count] = self._timed(turn)
        return found

    def _messages(self):
        """An exchange, its beginning, one of each with itself alone, what tells all that none has failed, and gathering parameters."""
        ranks, begun = Ranks(self.team, self.trainer.run), []
        shards = ranks.begin(self.net.shards, self.network.size)
        count, size = shards.end - shards.begin, sum(span.end - span.begin for span in ranks.own)
        nothing, given, received = Span(0, 0), ranks.place(shards.begin), np.empty((count, size), np.float32)

        def only(span):
            return [span if rank == self.team.rank else nothing for rank in range(self.team.size)]

        def exchange():
            begin = time.perf_counter()
            for shard in range(shards.begin, shards.end):
                for layers in ranks.layers:
                    ranks.take(shard, layers)
            begun.append(time.perf_counter() - begin)
            if ranks._pump is not None:
                ranks._pump.off()
            self.team.wait(*ranks._requests)
            ranks._requests.clear()

        def to_itself():
            at = 0
            for span in count * ranks.own:
                self.team.exchange(given, only(span), received, only(Span(at, at + span.end - span.begin)))
                at += span.end - span.begin

        return {
            "exchange": self._timed(exchange) / count,
            "post": self._middle(begun) / count,
            "own": self._timed(to_itself) / count,
            "flag": self._timed(lambda: self.team.any(False)),
            "gather": self._timed(lambda: self.team.gather_all(self.network.parameters, *ranks._shared)),
        }

    def _timed(self, turn):
        """Of a turn, in the process that takes longest for it; all make as many."""
        turn()
        begin = time.perf_counter()
        turn()
        turns = self.team.first_of(max(_LEAST, min(2000, int(_SECONDS / max(1e-9, time.perf_counter() - begin)))))
        times = []
        for number in range(turns):
            if number % 16 == 0:
                self.team.any(False)
            begin = time.perf_counter()
            turn()
            times.append(time.perf_counter() - begin)
        return float(self._middle(np.max(self.team.all_of(times), axis=0)))


def main(names):
    """Print what was measured of each of these nets."""
    processes = fastbp.MPI()
    found = {name: Parts(NETS[name], processes).figures() for name in names}
    if processes.is_first:
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
