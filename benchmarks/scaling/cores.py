"""What two cores cost each other: a barrier, and cache lines that one wrote and the other reads."""

from __future__ import annotations

import threading
import time
from statistics import median

import numpy as np

from fastbp.compiling.jit import program
from fastbp.kernels import team
from fastbp.kernels.lanes.sizes import BYTES, TEAM
from fastbp.kernels.portions import Task

#: Bytes that are handed over: what fits the first cache, the second, and neither.
SIZES = (1 << 14, 1 << 17, 1 << 19, 1 << 21, 1 << 23)
_LINE, _TURNS = BYTES // 4, 7


@program
def hand_over(shared, task, rounds, own, read):
    """Write a number to each line of one's own, meet, read each line of `read`, meet; again and again."""
    total = own[0]
    for turn in range(rounds):
        for at in range(0, own.size, _LINE):
            own[at] = turn
        team.meet(shared, task)
        for at in range(0, read.size, _LINE):
            total += read[at]
        team.meet(shared, task)
    return total


def barrier():
    """Seconds of one, between two threads."""
    nothing = [np.zeros(1, np.float32) for _ in range(2)]
    return median(_seconds(nothing, nothing, 20_000) for _ in range(_TURNS)) / (2 * 20_000)


def lines():
    """By the bytes that are handed over, seconds that a line costs more when the other thread wrote it."""
    found = {}
    for size in SIZES:
        one, other = (np.zeros(size // 4, np.float32) for _ in range(2))
        rounds = max(3, (1 << 25) // size)
        more = [_seconds([one, other], [other, one], rounds) - _seconds([one, other], [one, other], rounds) for _ in range(_TURNS)]
        found[size] = max(0.0, median(more)) / (rounds * size // BYTES)
    return found


def _seconds(own, read, rounds):
    """Of two threads that each write their own, and read."""
    shared = np.zeros(TEAM + 16, np.int64)
    hand_over(np.zeros(TEAM + 8, np.int64), Task(0, 1, 0), 1, own[0], read[0])
    other = threading.Thread(target=hand_over, args=(shared, Task(1, 2, 0), rounds, own[1], read[1]))
    other.start()
    begin = time.perf_counter()
    hand_over(shared, Task(0, 2, 0), rounds, own[0], read[0])
    seconds = time.perf_counter() - begin
    other.join()
    return seconds


def steps(net, rows, threads, least=0.3):
    """Seconds of a step of training on batches of so many rows, by `Trainer.fit`."""
    import fastbp

    random = np.random.default_rng(0)
    # Enough that what an epoch costs beyond its steps hardly counts.
    count = max(4, min((1 << 30) // (net.parameters * rows), (1 << 17) // rows))
    X, y = random.random((count * rows, net.sizes[0]), dtype=np.float32), random.integers(0, net.sizes[-1], count * rows)
    model = fastbp.MLP(net.sizes, activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=rows, seed=0, threads=threads)

    def seconds(epochs):
        begin = time.perf_counter()
        trainer.fit(X, y, epochs=epochs, progress=False)
        return (time.perf_counter() - begin) / (epochs * count)

    first = seconds(1)
    epochs = max(1, int(least / (first * count) / 3))
    return median(seconds(epochs) for _ in range(3))
