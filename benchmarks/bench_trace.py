"""The ledger: what a trace and its queries cost, and the norms of rows' gradients beside one pass of gradients.

Nothing of it is in the way of training: its modules are imported when a trainer is first asked for a trace (``tests/test_import.py``).
"""

import time

import numpy as np

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
