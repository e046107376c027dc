"""The ledger: what a trace and its queries cost, the norms of rows' gradients beside one pass of gradients, and what recording a run costs.

Nothing of it is in the way of training: its modules are imported when a trainer is first asked for a trace (``tests/test_import.py``).
"""

import tempfile
import time
from pathlib import Path

import numpy as np

import fastbp

from .bench_callbacks import shortest
from .common import NETS, THREADS, data, trainer

NAMES = ["97-33-7 x61", "784-128-10 x128", "333-257-129 x100"]
QUERIES = {
    "weights_of all": lambda trace: trace.weights_of(),
    "weights_of a row": lambda trace: trace.weights_of(row=3),
    "rows_of": lambda trace: trace.rows_of(0, 3, 5),
    "outputs_of": lambda trace: trace.outputs_of(0, 3, 5),
    "through": lambda trace: trace.through(0, 3, 5, 0),
    "paths": lambda trace: trace.paths(0, 3, 5, row=3),
    "units": lambda trace: trace.units(),
}
# Nets whose training is recorded, and epochs of a hundred steps: some tenths of a second.
RECORDED = {"64-64-8 x32": (((64, 64, 8), 32), 100), "784-128-10 x128": (NETS["784-128-10 x128"], 10), NAMES[2]: (NETS[NAMES[2]], 10)}
STEPS = 100


def recorded_share(net, threads, rounds):
    """By how much of its time a fit takes longer that is recorded."""
    (sizes, batch), epochs = RECORDED[net]
    X, y = data(batch * STEPS, sizes[0], sizes[-1])
    ready = trainer(sizes, batch, threads)
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(rounds + 1))

        def recorded():
            callback = fastbp.Record(Path(folder) / str(next(numbers)), every=100)
            ready.fit(X, y, epochs=epochs, callbacks=callback, progress=False)

        times = shortest({"plain": lambda: ready.fit(X, y, epochs=epochs, progress=False), "recorded": recorded}, rounds)
    return times["recorded"] / times["plain"] - 1


def prepared(net, threads=None):
    """A trainer that has made a step, and its batch."""
    sizes, rows = NETS[net]
    X, y = data(rows, sizes[0], sizes[-1])
    ready = trainer(sizes, rows, threads)
    ready.step(X, y)
    return ready, X, y


class Trace:
    params = (NAMES,)
    param_names = ("net",)

    def setup(self, net):
        self.trainer, self.X, self.y = prepared(net)
        self.trainer.trace(self.X, self.y)

    def time_trace(self, net):
        self.trainer.trace(self.X, self.y)


class Query:
    params = (list(QUERIES),)
    param_names = ("query",)

    def setup(self, query):
        ready, X, y = prepared("784-128-10 x128")
        self.trace = ready.trace(X, y)

    def time_query(self, query):
        QUERIES[query](self.trace)


class GradientNorms:
    """In turn with what they are compared with, so that both have the same machine; the shortest of each."""

    params = (NAMES, THREADS)
    param_names = ("net", "threads")

    def track_ratio_to_a_pass_of_gradients(self, net, threads, rounds=40):
        ready, X, y = prepared(net, threads)
        times = np.zeros((rounds, 2))
        for number in range(rounds):
            for side, call in enumerate((ready.gradient_norms, ready.loss_and_gradients)):
                begin = time.perf_counter()
                call(X, y)
                times[number, side] = time.perf_counter() - begin
        norms, gradients = times[1:].min(axis=0)
        return norms / gradients

    track_ratio_to_a_pass_of_gradients.unit = "passes"


class Record:
    """The same fit with a recording at ``every=100`` and without it, in turn; the shortest of each. More of its time, in percent."""

    params = (list(RECORDED), THREADS)
    param_names = ("net", "threads")
    timeout = 600

    def track_share_of_training(self, net, threads, rounds=10):
        return 100 * recorded_share(net, threads, rounds)

    track_share_of_training.unit = "% of training"
