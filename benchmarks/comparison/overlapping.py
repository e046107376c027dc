"""What each of two processes does for ``benchmarks/overlap.py``: steps in each way, timed; the first tells how long they took."""

import json

import numpy as np

import fastbp
from fastbp.distributed.team import team


def measure(task):
    """Time all ways, round after round, and let the first process print what came out."""
    own, ways = team(), Ways(task)
    found = {name: [] for name in ways.steps}
    for number in range(1 + task["rounds"]):
        for name, step in ways.steps.items():
            own.comm.Barrier()
            seconds = step()
            # The first round compiles and warms up.
            if number:
                found[name].append(seconds)
    if own.leads:
        print(json.dumps(found))


class Ways:
    """Trainers of the same net, and what makes each of them another way."""

    def __init__(self, task):
        self._team, self._epoch = team(), task["steps"]
        self._rows, shards = task["batch"] * task["steps"], task["shards"]
        random = np.random.default_rng(0)
        self._X = random.random((self._rows, task["sizes"][0]), np.float32)
        self._y = random.integers(0, task["sizes"][-1], self._rows)

        def trainer(parts=1, distributed=None):
            model = fastbp.MLP(task["sizes"], activation="relu", seed=0)
            settings = {"batch_size": task["batch"] // parts, "shards": max(1, shards // parts), "threads": 1, "seed": 0}
            return fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", distributed=distributed, **settings)

        alone, idle, self.trained = trainer(self._team.size), trainer(1, fastbp.MPI()), trainer(1, fastbp.MPI())
        idle._engine.sharded._gradient = lambda *given: 0.0
        part = self._rows // self._team.size
        self.steps = {
            "compute": lambda: self._step(alone, part),
            "exchange": lambda: self._step(idle),
            "one after the other": lambda: self._waiting(self.trained),
            "overlapped": lambda: self._step(self.trained),
        }

    def _step(self, trainer, rows=None):
        """Seconds of a step, the mean over an epoch; before the one ahead of it all that training begins with is sent."""
        history = trainer.fit(self._X[:rows], self._y[:rows], epochs=2)
        return history.seconds[-1] / self._epoch

    def _waiting(self, trainer):
        """The same, when each message is waited for at once."""
        begin = self._team.exchange

        def exchange(*given):
            requests = begin(*given)
            self._team.wait(*requests)
            return requests

        self._team.exchange = exchange
        try:
            return self._step(trainer)
        finally:
            del self._team.exchange
