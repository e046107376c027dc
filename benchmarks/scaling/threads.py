"""The time of a step on so many threads: what one takes, shared out as the plan has it, and what sharing costs.

compute     rows * row * (share of forward and delta, and of gradients, by their multiply-adds) + fixed * share of gradients
barriers    barriers * that of two threads * threads / 2: all add to one counter, whose cache line goes from core to core
crossing    bytes that others wrote / 64 * what such a cache line costs more than one's own
memory      no step is faster than its bytes from memory, where the net is larger than the caches
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.scaling.net import SIZE, Net
from benchmarks.scaling.plan import Plan, plan_of
from fastbp.kernels.lanes.sizes import BYTES


class Core(NamedTuple):
    """What one thread takes for a net, and what two cost each other, in seconds."""

    row: float  # for each row of a batch
    fixed: float  # for each step: the update, mostly
    barrier: float  # of two threads
    line: Callable[[float], float]  # a cache line that another core wrote, more than one's own, of so many bytes


class Machine(NamedTuple):
    """Of a node: cores that share a cache, bytes of it, and bytes a second from memory."""

    cores: int = 32
    group: int = 8
    cache: float = 32e6
    memory: float = 200e9


class Prediction(NamedTuple):
    """Seconds of a step, and the plan."""

    plan: Plan
    compute: float
    barriers: float
    crossing: float
    memory: float  # at least

    @property
    def total(self) -> float:
        """Of the step."""
        return max(self.compute + self.barriers + self.crossing, self.memory)


def predict(net: Net, rows: int, threads: int, core: Core, machine: Machine, slots: int = 2) -> Prediction:
    """A step on a batch of so many rows; `slots` numbers are kept for each parameter."""
    plan = plan_of(net, rows, threads)
    forward, every = _multiply_adds(net)
    share = (forward * plan.forward + (every - forward) * plan.gradient) / every
    compute = rows * core.row * share + core.fixed * plan.gradient
    barriers = plan.barriers * core.barrier * threads / 2 if threads > 1 else 0.0
    if plan.pieces:
        barriers += (plan.pieces + threads - 1) * core.barrier / 2
    crossing = plan.crossing / BYTES * core.line(plan.crossing)
    return Prediction(plan, compute, barriers, crossing, _from_memory(net, threads, plan, machine, slots) / machine.memory)


def limit(net: Net, prediction: Prediction, threads: int) -> str:
    """What keeps a step on so many threads from being as much faster as there are threads: the largest of the reasons."""
    plan, total = prediction.plan, prediction.total
    forward, every = _multiply_adds(net)
    uneven = {
        f"{plan.parts} {plan.way.split(', ')[-1]} for {threads} threads": forward * max(0.0, plan.forward - 1 / threads),
        f"{plan.patches} patches for {threads} threads": (every - forward) * max(0.0, plan.gradient - 1 / threads),
    }
    share = (forward * plan.forward + (every - forward) * plan.gradient) / every
    reasons = {name: prediction.compute * part / (every * share) for name, part in uneven.items()}
    reasons |= {"barriers": prediction.barriers, "bytes that cross cores": prediction.crossing}
    reasons["memory"] = max(0.0, prediction.memory - prediction.compute - prediction.barriers - prediction.crossing)
    name, cost = max(reasons.items(), key=lambda reason: reason[1])
    return name if cost > 0.1 * total else "-"


def _multiply_adds(net: Net) -> tuple[int, int]:
    """Of a row: forward and delta, and all."""
    products = [n_in * n_out for n_in, n_out in net.layers]
    forward = 2 * sum(products) - products[0]
    return forward, forward + sum(products)


def _from_memory(net: Net, threads: int, plan: Plan, machine: Machine, slots: int) -> float:
    """Bytes: weights for forward and delta once for each group of cores that cannot keep them, all that an update reads and writes."""
    groups = -(-threads // machine.group)
    weights, whole = SIZE * net.parameters, SIZE * net.parameters * (1 + slots)
    passes = 2 * groups * weights if weights > machine.cache and not plan.way.endswith("units") else 0
    return passes + (2 * whole if whole > groups * machine.cache else 0)
