"""What several processes train in tests: ``mpiexec -n 2 python on_ranks.py FOLDER`` writes what came out, as one process alone does."""

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

from small_task import OPTIMIZERS, SCHEDULED, TARGETS, StopAt, X, bits, make

import fastbp

#: Rows of 50 in batches of 20, so that the last has 10; parameters in seven blocks, which four processes share unequally.
SHARDS = {"shards": 8, "batch_size": 20, "loss": "squared_error", "hidden": 900}
LIMITS = {"clip_norm": 0.1, "clip_value": 0.02, "l1": 0.01, "max_norm": 0.7, "layer_rates": (2.0, 0.5)}
EVERY = {name: {"optimizer": name} for name in [*OPTIMIZERS, *SCHEDULED]} | {
    "limits": {"optimizer": fastbp.Adam(0.02, decoupled_weight_decay=0.3, **LIMITS), "average": "ema"},
    "limits of LAMB": {"optimizer": fastbp.LAMB(0.02, **LIMITS), "dtype": "float64", "between": "layer"},
    "dropout": {"optimizer": "nadam_one_cycle", "between": "layer"},
    "mixup": {"optimizer": "adam", "between": "mixed"},
    "the whole set": {"optimizer": "rprop", "batch_size": None},
    "more processes than rows": {"optimizer": "adam", "batch_size": 2},
}
#: On which all that is here can be seen, for the ordinary tests.
SOME = ["adam_plateau", "limits", "limits of LAMB", "dropout", "mixup", "the whole set", "more processes than rows"]


def digest(trainer):
    """Of what all processes have when training has ended, and of what the first has beside it: what optimizer and callbacks remember."""
    every = sorted(bits(trainer).items())
    parts = [[entry for entry in every if (entry[0][0] in ("optimizer", "callbacks")) == own] for own in (False, True)]
    return "-".join(hashlib.sha256(repr(part).encode()).hexdigest()[:12] for part in parts)


def made(name, distributed=None, **given):
    return make(**(SHARDS | EVERY[name] | {"distributed": distributed} | given))


def fit(trainer, epochs=3, **given):
    return trainer.fit(X, TARGETS, **({"epochs": epochs, "validation_data": (X[:9], TARGETS[:9])} | given))


def results(distributed, folder, names=SOME):
    """By what was done, what came out."""
    found = {}
    for number, name in enumerate(names):
        trainer = made(name, distributed, threads=1 + number % 2)
        fit(trainer)
        found[name] = digest(trainer)
    trainer = made("adam_plateau", distributed)
    fit(trainer, callbacks=[fastbp.Checkpoint(folder / "run.safetensors", "2 steps"), StopAt(5)])
    resumed = fastbp.Trainer.resume(folder / "run.safetensors", distributed=distributed)
    fit(resumed, epochs=3 - resumed.epoch)
    found["resumed"] = digest(resumed), resumed.steps
    trainer = made("sgd", distributed)
    early = fastbp.EarlyStopping(patience=1, min_delta=10.0)
    fit(trainer, epochs=50, callbacks=early, metrics=["r2"])
    found["early stopping"] = digest(trainer), trainer.epoch, trainer.history.stopped, trainer.history.val_r2
    found["diverged"] = diverged(distributed)
    return found


def diverged(distributed):
    trainer = made("sgd", distributed)
    trainer.optimizer.learning_rate = 1e4
    try:
        trainer.fit(X, TARGETS * 1e30, epochs=5)
    except fastbp.DivergenceError as error:
        return str(error), digest(trainer)


class _Failing:
    """In place of what computes the gradient of a shard: at the call of a number it does something else first."""

    def __init__(self, trainer, number, act):
        self.sharded, self.calls, self.number, self.act = trainer._engine.sharded, 0, number, act
        self.gradient, self.sharded._gradient = self.sharded._gradient, self

    def __call__(self, *given):
        self.calls += 1
        if self.calls == self.number:
            self.act()
        return self.gradient(*given)


def _fail():
    raise MemoryError("no room for a gradient")


class _Spoil(fastbp.Callback):
    def on_epoch_end(self, run):
        raise KeyError("spoilt")


def faults(distributed, rank, folder):
    """What each of some faults leads to, which happen on one process."""
    found = {}

    def note(name, trainer, *given, on=1, act=None, **others):
        if act is not None and rank == on:
            _Failing(trainer, 7, act)
        try:
            trainer.fit(*(given or (X, TARGETS)), **({"epochs": 40} | others))
            found[name] = trainer.history.stopped, trainer.steps > 0
        except Exception as error:
            found[name] = type(error).__name__, str(error), trainer.steps

    other = X + (rank == 1)
    note("other data", made("adam", distributed), other, TARGETS)
    note("other model", made("adam", distributed, hidden=5 + rank))
    note("bad argument", made("adam", distributed), epochs=-1 if rank == 1 else 3)
    note("bad step", made("adam", distributed), X[:, : 3 - rank % 2], TARGETS)
    note("callback", made("adam", distributed), callbacks=_Spoil())
    for on in (0, 1):
        trainer = made("adam", distributed)
        saved = fastbp.Checkpoint(folder / f"failed-{on}.safetensors", "1000 epochs")
        note(f"error on {on}", trainer, on=on, act=_fail, callbacks=saved)
        resumed = fastbp.Trainer.resume(saved.path)
        fit(resumed, epochs=3 - resumed.epoch, validation_data=None)
        found[f"error on {on}"] += (digest(resumed),)
        for name in ("SIGINT", "SIGTERM"):
            note(f"{name} on {on}", made("adam", distributed), on=on, act=lambda name=name: os.kill(os.getpid(), getattr(signal, name)))
    return found


def main(folder):
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    found = results(fastbp.MPI(), Path(folder), list(EVERY) if "--whole" in sys.argv else SOME)
    if comm.size == 2:
        found |= {"faults": faults(fastbp.MPI(), comm.rank, Path(folder))}
    (Path(folder) / f"rank-{comm.rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
