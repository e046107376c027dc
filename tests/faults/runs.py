"""Training runs that are stopped and resumed, and what must be the same in the end."""

import hashlib
import os
import random
import stat
import time
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import fork_server
from small_task import LABELS, OPTIMIZERS, SCHEDULED, SOLVERS, TARGETS, N, X, bits, make

import fastbp
from fastbp.optimizers import OPTIMIZERS as ALL

RAGGED = 7  # rows of a batch; the last of an epoch has one
_DATA = {"cross_entropy": LABELS, "binary_cross_entropy": TARGETS > 0, "focal": TARGETS > 0}


@dataclass(frozen=True)
class Case:
    """A run, and when it is saved."""

    optimizer: str
    dtype: str
    batch_size: int | None
    loss: str
    validation: bool
    shuffle: bool
    every: str
    keep: int
    epochs: int
    hidden: int
    seed: int  # of the instants at which it is stopped
    slow_disk: float = 0.0  # seconds that a file takes to reach the disk
    activation: str = "tanh"
    between: str = ""
    metrics: bool = False  # on a share of the rows that is kept for validation, and on the others

    def __str__(self):
        return f"{self.optimizer}-{self.dtype}-{self.batch_size}-{self.every.replace(' ', '_')}-{self.seed}"


def mixed_cases(checkpoints):
    """Each optimizer with each type and size of batch, the rest drawn; the first seven have all optimizers."""
    draw, cases = random.Random(0), []
    for seed, (optimizer, dtype, batch_size) in enumerate(product(OPTIMIZERS, ["float32", "float64"], [1, RAGGED, None])):
        every = draw.choice(["1 step", "3 steps", "1 epoch", "2 epochs", "5 ms"])
        epochs = _epochs(every, batch_size, checkpoints)
        # With momentum the squared error diverges.
        loss = draw.choice(["cross_entropy", "binary_cross_entropy" if optimizer in ("momentum", "nesterov") else "squared_error"])
        keep = draw.choice([1, 3])
        cases.append(Case(optimizer, dtype, batch_size, loss, draw.random() < 0.5, draw.random() < 0.5, every, keep, epochs, 6, seed))
    draw.shuffle(cases)
    rounds = Counter()
    return sorted(cases, key=lambda case: rounds.update([case.optimizer]) or rounds[case.optimizer])


def scheduled_cases(checkpoints):
    """NAdam in one cycle, Adam by what validation says; then each other optimizer with a schedule, loss and activation in turn."""
    names = [*dict.fromkeys(["nadam_one_cycle", "adam_plateau", *SCHEDULED])]
    assert {SCHEDULED[name]().name for name in names} == {*ALL}
    kinds = [("huber", "gelu"), ("log_cosh", "tanh"), ("focal", "silu"), ("cross_entropy", "mish"), ("absolute_error", "gelu")]
    cases = []
    for seed, name in enumerate(names):
        loss, activation = kinds[seed % len(kinds)]
        batch_size = None if "prop" in name and "rms" not in name else RAGGED
        every = "3 steps"
        epochs = _epochs(every, batch_size, checkpoints)
        given = (name, "float32", batch_size, loss, name == "adam_plateau", True, every, 1, epochs, 6, 1000 + seed)
        cases.append(Case(*given, activation=activation))
    return cases


def solver_cases(checkpoints):
    """Each solver, in float64, where it has enough to do."""
    given = {"loss": "squared_error", "validation": True, "shuffle": True, "every": "1 epoch", "keep": 1, "hidden": 6}
    return [Case(name, "float64", None, epochs=checkpoints + 1, seed=2000 + seed, **given) for seed, name in enumerate(SOLVERS)]


def shaped_cases(checkpoints):
    """Normalisation and dropout, with clipping, averages and accumulation, on few rows and on more."""
    cases = []
    for seed, (between, dtype, batch_size) in enumerate(product(["batch", "layer", "mixed"], ["float32", "float64"], [RAGGED, 20])):
        optimizer, epochs = ("lamb_clipped", "nadam_one_cycle")[seed % 2], _epochs("3 steps", batch_size, checkpoints)
        given = (optimizer, dtype, batch_size, "squared_error", True, True, "3 steps", 1, epochs, 6, 3000 + seed)
        cases.append(Case(*given, activation="gelu", between=between))
    return cases


def measured_cases(checkpoints):
    """With metrics, and a part of the rows for validation."""
    epochs = _epochs("3 steps", RAGGED, checkpoints)
    return [Case("adam", "float32", RAGGED, "cross_entropy", False, True, "3 steps", 1, epochs, 6, 2000, metrics=True)]


def _epochs(every, batch_size, checkpoints):
    """How many it takes to `checkpoints`, or, by the clock, to many times as many milliseconds."""
    number, unit = every.split()
    steps = -(-N // (batch_size or N))
    if unit == "ms":
        return min(500, 20_000 // steps)
    return checkpoints * int(number) // (steps if unit.startswith("step") else 1) + 1


class Tell(fastbp.Callback):
    """Says when training begins."""

    def on_fit_begin(self, trainer):
        fork_server.say("begin")


def train(path, threads, case):
    """The job of a process: resume the run, or begin it, and train to its end."""
    case, place = Case(**case), Path(path)
    callbacks = [_checkpoint(place, case)]
    # The first word is that a file is on its slow way to the disk, or that training begins.
    if case.slow_disk:
        _slow_down(case.slow_disk)
    else:
        callbacks.insert(0, Tell())
    trainer = fastbp.Trainer.resume(place, threads=threads) if place.exists() else _begin(case, threads)
    _fit(trainer, case, callbacks)
    fork_server.say("end")
    return digest(trainer), trainer.steps, trainer.history.stopped


def _slow_down(seconds):
    """Let files take a while to reach the disk, and say when one is on its way."""
    fsync = os.fsync

    def slow(descriptor):
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            fork_server.say("writes")
            time.sleep(seconds)
        fsync(descriptor)

    os.fsync = slow


def uninterrupted(case):
    """The job of a process that does the same in one go; the digest of the end."""
    trainer = _begin(Case(**case), 1)
    _fit(trainer, Case(**case), [])
    return digest(trainer)


def reference(server, case):
    """What the run `case` must come to."""
    outcome = server.run("runs:uninterrupted", asdict(case))
    assert outcome.status == 0
    return outcome.result


def digest(trainer):
    """A hash of all that a run may leave behind but its times."""
    return hashlib.sha256(repr(bits(trainer)).encode()).hexdigest()


def _begin(case, threads):
    settings = {"loss": case.loss, "batch_size": case.batch_size, "dtype": case.dtype, "shuffle": case.shuffle}
    settings |= {"activation": case.activation, "between": case.between}
    return make(case.optimizer, hidden=case.hidden, threads=threads, **settings)


def _fit(trainer, case, callbacks):
    y = _DATA.get(case.loss, TARGETS)
    validation = (X[:20], y[:20]) if case.validation else None
    measured = {"validation_split": 0.3, "metrics": ["f1", "log_loss"], "training_metrics": True} if case.metrics else {}
    trainer.fit(X, y, epochs=case.epochs - trainer.epoch, validation_data=validation, callbacks=callbacks, **measured)


def _checkpoint(path, case):
    number, unit = case.every.split()
    if unit != "ms":
        return fastbp.Checkpoint(path, every=case.every, keep=case.keep)
    checkpoint = fastbp.Checkpoint(path, every="1 s", keep=case.keep)
    # Seconds are the shortest that a user may ask for.
    checkpoint._count = int(number) / 1000
    return checkpoint
