"""The process of one peer: one JSON request a line on standard input, one JSON reply a line on standard output, asleep between them.

``python -m benchmarks.comparison.worker PEER THREADS PACKAGE``, started by `benchmarks.comparison.process`; PACKAGE is the folder that
fastbp lies in. Nothing but the standard library is imported before the process is bound to its cores, for the threads that libraries start
inherit that.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.comparison import CALLERS, PEERS

# Trained before the first turn: how long a step takes is known then, and fastbp has chosen its number of threads.
_WARM_UP = 0.5
# Share of the seconds asked for that a round takes at least.
_ENOUGH = 0.8


class Service:
    """What the process knows between two requests."""

    def __init__(self, peer: str, threads: int) -> None:
        self.name, self.threads = peer, threads
        self.epoch = 0.0  # seconds

    def setup(self, task: dict) -> dict:
        """Load and build the peer: seconds to the end of its first step (or of the call it is part of), and the losses of three steps."""
        from benchmarks.comparison.task import Task

        task = Task(**task | {"sizes": tuple(task["sizes"])})
        X, y = task.data()
        weights = task.weights()
        begin = time.perf_counter()
        self.peer, self.steps = _class_of(PEERS[self.name])(task, X, y, weights), task.steps
        losses = self.peer.first_steps()
        first = next(losses)
        start = time.perf_counter() - begin
        replies = {"start": start, "losses": [first, *losses]}
        self._warm_up()
        return replies

    def round(self, seconds: float) -> dict:
        """Train for about `seconds`, whole epochs: steps done, seconds taken, CPU seconds of all threads, latest loss."""
        total = Counter()
        # Again if it went faster than expected.
        while total["seconds"] < _ENOUGH * seconds:
            latest = self._train(max(1, round((seconds - total["seconds"]) / self.epoch)))
            total.update({name: latest[name] for name in ("steps", "seconds", "cpu")})
        return dict(total) | {"loss": latest["loss"]}

    def prepare(self, task: dict, method: str, times: int) -> dict:
        """Load and build the peer for single calls of one kind: some of what they give, made so many times."""
        from benchmarks.comparison.stopwatch import Stopwatch
        from benchmarks.comparison.task import Task

        task = Task(**task | {"sizes": tuple(task["sizes"])})
        self.peer = _class_of(CALLERS[self.name])(task, *task.data(), task.weights())
        self.stopwatch = Stopwatch(getattr(self.peer, method)())
        return {"given": self.stopwatch.given(times)}

    def calls(self, seconds: float) -> dict:
        """Make each call again and again for about `seconds`: median and least seconds of one, seconds and CPU seconds of all."""
        begin, cpu = time.perf_counter(), time.process_time()
        figures = self.stopwatch.turn(seconds)
        return {"figures": figures, "seconds": time.perf_counter() - begin, "cpu": time.process_time() - cpu}

    def origin(self) -> dict:
        """The folder that fastbp is imported from."""
        import fastbp

        return {"folder": str(Path(fastbp.__file__).resolve().parents[1])}

    def memory(self) -> dict:
        """Most resident memory so far, in MB; of this program alone, not of the one that started it."""
        status = Path("/proc/self/status")
        if status.exists():
            (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return {"megabytes": int(line.split()[1]) * 1024 / 1e6}
        import resource

        return {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)}

    def peak(self) -> dict:
        """Floating-point operations a second of fused multiply-adds alone."""
        from benchmarks.common import peak

        return {"flops": peak(self.threads)}

    def _warm_up(self) -> None:
        epochs, end = 1, time.perf_counter() + _WARM_UP
        while time.perf_counter() < end:
            self._train(epochs)
            epochs = max(1, round(_WARM_UP / 4 / self.epoch))

    def _train(self, epochs: int) -> dict:
        begin, cpu = time.perf_counter(), time.process_time()
        steps, loss = self.peer.train(epochs)
        seconds = time.perf_counter() - begin
        self.epoch = seconds / steps * self.steps
        return {"steps": steps, "seconds": seconds, "cpu": time.process_time() - cpu, "loss": loss}


def _class_of(place: tuple[str, str]) -> type:
    module, name = place
    return getattr(importlib.import_module(f"benchmarks.comparison.{module}"), name)


def answer(service: object, request: dict) -> dict:
    """The reply; an error becomes one, with the reason."""
    from benchmarks.comparison.peer import UnsuitableError

    try:
        return getattr(service, request.pop("cmd"))(**request)
    except UnsuitableError as error:
        return {"skipped": str(error)}
    except ModuleNotFoundError as error:
        return {"skipped": f"{error.name or error} is not installed"}
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return {"failed": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"}


def main(kind: Callable[[str, int], object] = Service) -> None:
    """Answer until standard input ends, by a service of this kind, which is made with the peer and the threads."""
    # Libraries that print must not print among the replies.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer, threads, package = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    # Before the current folder, where a fastbp lies, too. The benchmarks are loaded already, and stay those of that folder.
    sys.path.insert(0, package)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    service = kind(peer, threads)
    for line in sys.stdin:
        print(json.dumps(answer(service, json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    main()
