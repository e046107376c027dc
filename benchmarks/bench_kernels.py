"""The four kernels of a training step, each alone, on one thread and one batch.

No `setup` here: with one, asv times every call apart, which adds more than a small kernel takes. The arguments are made at the first call;
``setup_cache`` compiles before, in a process of its own, and ``warmup_time`` is longer than loading the machine code. With ``--quick``,
which neither warms up nor repeats, times contain the loading (0.2 s); the tracked speeds do not.
"""

from functools import cache

import numpy as np

from fastbp import layout
from fastbp._jit import program
from fastbp.data import Rows
from fastbp.kernels.arguments import Rule
from fastbp.kernels.delta import delta
from fastbp.kernels.forward import forward
from fastbp.kernels.gradient import gradient
from fastbp.kernels.update import update

from .common import NETS, peak, products, seconds, trainer
from .common import data as seeded

FORWARD, DELTA, GRADIENT, UPDATE = range(4)
KERNELS = {"forward": FORWARD, "delta": DELTA, "gradient": GRADIENT, "update": UPDATE}
PRODUCTS = ["forward", "delta", "gradient"]


@program
def run(kernel, loss, network, workspace, data, rule, rows, repeats):
    """One kernel `repeats` times."""
    for _ in range(repeats):
        if kernel == FORWARD:
            forward(network, workspace, data, 0, rows, 1)
        elif kernel == DELTA:
            delta(loss, network, workspace, data, rows, 1)
        elif kernel == GRADIENT:
            gradient(network, workspace, rule.gradients, rows, 1)
        elif kernel == UPDATE:
            update(network, workspace, rule, 0, 1)


@cache
def arguments(net):
    """What `run` is given, every buffer filled."""
    sizes, rows = NETS[net]
    of = trainer(sizes, rows)
    network, dtype = of.model.network, of.model.dtype
    inputs, labels = seeded(rows, sizes[0], max(sizes[-1], 2))
    # Data holds addresses; the arrays themselves live in the cache of `seeded`.
    data = Rows(inputs, of.loss.check_targets(labels, rows, sizes[-1], dtype)).data(np.arange(rows))
    buffers = layout.workspace(network, rows, 1, training=True)
    gradients = layout.aligned_zeros(network.parameters.size, dtype)
    slots = np.zeros((of.optimizer.n_slots, gradients.size), dtype)
    rule = Rule(of.optimizer.code, of.optimizer.rates(0, 1, dtype), gradients, slots)
    # Each kernel reads what the others wrote: the update, first, the transposed weights.
    for kernel in (UPDATE, FORWARD, DELTA, GRADIENT):
        run(kernel, of.loss.code, network, buffers, data, rule, rows, 1)
    return of.loss.code, network, buffers, data, rule, rows


def seconds_of(kernel, net):
    """Time of one run of the kernel."""
    given = arguments(net)
    repeats = max(1, int(1e-3 / seconds(lambda: run(KERNELS[kernel], *given, 1), least=0.0)))
    return seconds(lambda: run(KERNELS[kernel], *given, repeats)) / repeats


def flops(kernel, net):
    """Floating-point operations of a product kernel; deltas pass through all layers but the first."""
    sizes, rows = NETS[net]
    return 2 * rows * sum(products(sizes)[1 if kernel == "delta" else 0 :])


class Kernels:
    params = (list(KERNELS), list(NETS))
    param_names = ("kernel", "net")
    warmup_time = 5.0

    def setup_cache(self):
        arguments(next(iter(NETS)))

    def time_call(self, kernel, net):
        run(KERNELS[kernel], *arguments(net), 1)


class Products:
    params = (PRODUCTS, list(NETS))
    param_names = ("kernel", "net")

    def track_gflops(self, kernel, net):
        return flops(kernel, net) / seconds_of(kernel, net) / 1e9

    def track_share_of_peak(self, kernel, net):
        return 100 * flops(kernel, net) / seconds_of(kernel, net) / peak()

    track_gflops.unit = "GFLOP/s"
    track_share_of_peak.unit = "% of FMA peak"


def track_fma_peak():
    return peak() / 1e9


track_fma_peak.unit = "GFLOP/s"


def track_update_bandwidth(net):
    """Adam reads a parameter, its gradient and its two means, and writes three of them; no product to share a peak with."""
    rule = arguments(net)[4]
    return 7 * rule.gradients.nbytes / seconds_of("update", net) / 1e9


track_update_bandwidth.params = [list(NETS)]
track_update_bandwidth.param_names = ["net"]
track_update_bandwidth.unit = "GB/s"
