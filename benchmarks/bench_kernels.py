"""The phases of a training step, each alone, on one thread and one batch.

No `setup` here: with one, asv times every call apart, which adds more than a small kernel takes. The arguments are made at the first call;
``setup_cache`` compiles before, in a process of its own, and ``warmup_time`` is longer than loading the machine code. With ``--quick``,
which neither warms up nor repeats, times contain the loading (0.2 s); the tracked speeds do not.
"""

from functools import cache

import numpy as np

from fastbp import layout
from fastbp.compiling.jit import program, unit_addresses
from fastbp.data.rows import Rows
from fastbp.kernels import programs  # noqa: F401  # all units are there once the program is
from fastbp.kernels.arguments import N_IN, N_OUT, Batch, Block, Objective, Rule, Span
from fastbp.kernels.codes import LOSS_SETTINGS
from fastbp.kernels.delta import hidden_delta
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.gather import gather_batch
from fastbp.kernels.gradient import gradient_blocks
from fastbp.kernels.lanes.buffer import kind_of, without_arrays
from fastbp.kernels.lanes.matrix import Matrix
from fastbp.kernels.lanes.panels import lanes_of, panels_of
from fastbp.kernels.loss import output_delta

from .common import NETS, peak, products, seconds, trainer
from .common import data as seeded

GATHER, FORWARD, LOSS, DELTA, GRADIENT = range(5)
PHASES = {"gather": GATHER, "forward": FORWARD, "loss": LOSS, "delta": DELTA, "gradient and update": GRADIENT}
PRODUCTS = ["forward", "delta", "gradient and update"]


@program
def run(phase, objective, network, workspace, data, rule, rows, repeats):
    """One phase `repeats` times."""
    net, work, source, update, wanted = without_arrays(network, workspace, data, rule, objective)
    zero = type(net.slopes[0])(0)
    panels, last = panels_of(rows, work.width, lanes_of(work.deltas)), net.layers - 1
    for _ in range(repeats):
        if phase == GATHER:
            gather_batch(source, work, 0, rows, 0, panels, 0, net.table[0, N_IN], 1, zero, 0, 1, 0)
        elif phase == FORWARD:
            for layer in range(last + 1):
                forward_layer(net, work, layer, rows, 0, panels, 0, net.table[layer, N_OUT], 0, net.table[layer, N_IN], 0)
        elif phase == LOSS:
            output_delta(wanted, net, work, source, rows, Span(0, panels))
        elif phase == DELTA:
            for layer in range(last, 0, -1):
                hidden_delta(net, work, layer, rows, 0, panels, 0, net.table[layer, N_IN], 0)
        elif phase == GRADIENT:
            gradient_blocks(net, work, source, update, 0, 0, rows, 0, panels, 0, 0, 0, net.table[0, N_IN], 1, 0, 0)


@cache
def arguments(net):
    """What `run` is given, every buffer filled."""
    sizes, rows = NETS[net]
    of = trainer(sizes, rows)
    network, dtype = of.model.network, of.model.dtype
    inputs, labels = seeded(rows, sizes[0], max(sizes[-1], 2))
    # Data holds addresses; the arrays themselves live in the cache of `seeded`.
    data = Rows(inputs, of.loss.check_targets(labels, rows, sizes[-1], dtype)).data(np.arange(rows))
    slots = np.zeros(of.optimizer.n_slots * network.parameters.size, dtype)
    rates = of.optimizer.rates(0, 1, dtype, np.ones(of.optimizer.n_factors))
    rule = Rule(of.optimizer.code, of.optimizer.n_slots, rates, np.zeros(0, dtype), slots)
    buffers = layout.workspace(network, rows, 1, 1, training=True)
    objective = Objective(of.loss.code, np.zeros(LOSS_SETTINGS, dtype))
    places = Span(0, 0), Batch(0, 0, 0, 0, Span(0, 0)), Block(0, 0, 0, 0), Matrix(slots, 0, 0)
    kinds = {type(record).__name__: kind_of(record) for record in (network, buffers, data, rule, objective, *places)}
    buffers = buffers._replace(units=unit_addresses(**kinds, Any=kind_of(dtype.type(0)), Numbers=kind_of(slots)))
    for phase in PHASES.values():
        run(phase, objective, network, buffers, data, rule, rows, 1)
    return objective, network, buffers, data, rule, rows


class Kernel:
    params = (list(PHASES), list(NETS))
    param_names = ("phase", "net")
    warmup_time = 1.0

    def setup_cache(self):
        arguments(next(iter(NETS)))

    def time_phase(self, phase, net):
        run(PHASES[phase], *arguments(net), 1)


class Speed:
    params = (PRODUCTS, list(NETS))
    param_names = ("phase", "net")

    def setup_cache(self):
        arguments(next(iter(NETS)))

    def track_gflops(self, phase, net):
        return flops(phase, net) / best_time(phase, net) / 1e9

    track_gflops.unit = "GFLOP/s"

    def track_share_of_peak(self, phase, net):
        return 100 * flops(phase, net) / best_time(phase, net) / peak()

    track_share_of_peak.unit = "% of FMA peak"


def best_time(phase, net):
    """Shortest time of a phase, repeated in one call so that the call itself does not count."""
    given = arguments(net)
    repeats = max(1, int(5e-3 / seconds(lambda: run(PHASES[phase], *given, 1), least=0)))
    return seconds(lambda: run(PHASES[phase], *given, repeats)) / repeats


def flops(phase, net):
    """Floating-point operations of a phase's products: two a multiply-add."""
    sizes, rows = NETS[net]
    return 2 * rows * sum(products(sizes)[1:] if phase == "delta" else products(sizes))
