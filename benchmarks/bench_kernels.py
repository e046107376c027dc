"""The phases of a training step, each alone, on one thread and one batch.

No `setup` here: with one, asv times every call apart, which adds more than a small kernel takes. The arguments are made at the first call;
``setup_cache`` compiles before, in a process of its own, and ``warmup_time`` is longer than loading the machine code. With ``--quick``,
which neither warms up nor repeats, times contain the loading (0.2 s); the tracked speeds do not.
"""

from functools import cache

import numpy as np

from fastbp import layout
from fastbp.compiling.jit import program
from fastbp.data.rows import Rows
from fastbp.kernels import programs
from fastbp.kernels.arguments import N_IN, N_OUT, Call, Data, no_update
from fastbp.kernels.block import records
from fastbp.kernels.codes import TRAIN
from fastbp.kernels.delta import hidden_delta
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.gather import gather_batch
from fastbp.kernels.gradient import weight_gradients
from fastbp.kernels.loss import output_delta
from fastbp.kernels.places import all_panels
from fastbp.kernels.portions import Batch, Span, Task

from .common import NETS, peak, products, seconds, trainer
from .common import data as seeded

GATHER, FORWARD, LOSS, DELTA, GRADIENT = range(5)
PHASES = {"gather": GATHER, "forward": FORWARD, "loss": LOSS, "delta": DELTA, "gradient and update": GRADIENT}
PRODUCTS = ["forward", "delta", "gradient and update"]


@program
def run(phase, call, one, repeats):
    """One phase `repeats` times."""
    given = records(call, one)
    network, workspace, data, rows = given.network, given.workspace, given.data, given.batch_size
    panels, task, batch = all_panels(workspace, rows), Task(0, 1, 0), Batch(0, rows, 0, 0, Span(0, 0))
    inputs = Span(0, network.table[0, N_IN])
    for _ in range(repeats):
        if phase == GATHER:
            gather_batch(data, workspace, batch, panels, inputs, 1, task)
        elif phase == FORWARD:
            for layer in range(network.layers):
                n_in, n_out = network.table[layer, N_IN], network.table[layer, N_OUT]
                forward_layer(network, workspace, layer, rows, panels, Span(0, n_out), Span(0, n_in), 0)
        elif phase == LOSS:
            output_delta(given.objective, network, workspace, data, rows, panels)
        elif phase == DELTA:
            for layer in range(network.layers - 1, 0, -1):
                hidden_delta(network, workspace, layer, rows, panels, Span(0, network.table[layer, N_IN]), 0)
        elif phase == GRADIENT:
            weight_gradients(network, workspace, data, given.rule, batch, Span(0, rows), Span(0, network.layers), task)


@cache
def prepared(net):
    """The call whose phases `run` runs, every buffer filled."""
    sizes, rows = NETS[net]
    of = trainer(sizes, rows)
    network, dtype = of.model.network, of.model.dtype
    inputs, labels = seeded(rows, sizes[0], max(sizes[-1], 2))
    # Sources are addresses; the arrays themselves live in the cache of `seeded`.
    sources = Rows(inputs, of.loss.check_targets(labels, rows, sizes[-1], dtype)).sources
    data = Data(sources, np.arange(rows), rows, 0, np.arange(1), np.zeros(1, dtype), np.zeros(1, dtype))
    slots = np.zeros(of.optimizer.n_slots * network.parameters.size, dtype)
    rates = of.optimizer.rates(0, 1, dtype, np.ones(0))
    rule, limits = no_update(rates, np.zeros(0, dtype))
    rule = rule._replace(code=of.optimizer.code, n_slots=of.optimizer.n_slots, slots=slots)
    buffers, objective = layout.workspace(network, rows, 1, 1, training=True), of.loss.objective(dtype)
    shaping = layout.shaping(network, buffers)
    call = programs.prepared(Call(TRAIN, network, buffers, data, rule, limits, objective, shaping, 0, rows, np.zeros(1, dtype), 1))
    for phase in PHASES.values():
        run(phase, *call.arguments, 1)
    return call


class Kernel:
    params = (list(PHASES), list(NETS))
    param_names = ("phase", "net")
    warmup_time = 1.0

    def setup_cache(self):
        prepared(next(iter(NETS)))

    def time_phase(self, phase, net):
        run(PHASES[phase], *prepared(net).arguments, 1)


class Speed:
    params = (PRODUCTS, list(NETS))
    param_names = ("phase", "net")

    def setup_cache(self):
        prepared(next(iter(NETS)))

    def track_gflops(self, phase, net):
        return flops(phase, net) / best_time(phase, net) / 1e9

    track_gflops.unit = "GFLOP/s"

    def track_share_of_peak(self, phase, net):
        return 100 * flops(phase, net) / best_time(phase, net) / peak()

    track_share_of_peak.unit = "% of FMA peak"


def best_time(phase, net):
    """Shortest time of a phase, repeated in one call so that the call itself does not count."""
    given = prepared(net).arguments
    repeats = max(1, int(5e-3 / seconds(lambda: run(PHASES[phase], *given, 1), least=0)))
    return seconds(lambda: run(PHASES[phase], *given, repeats)) / repeats


def flops(phase, net):
    """Floating-point operations of a phase's products: two a multiply-add."""
    sizes, rows = NETS[net]
    return 2 * rows * sum(products(sizes)[1:] if phase == "delta" else products(sizes))
