"""What several processes train in tests: ``mpiexec -n 2 python on_ranks.py FOLDER`` writes what came out, as one process alone does."""

import contextlib
import hashlib
import json
import os
import signal
import sys
import warnings
from pathlib import Path

import numpy as np
from small_task import LABELS, OPTIMIZERS, SCHEDULED, TARGETS, StopAt, X, bits, make

import fastbp
from fastbp.data import digest as digest_of_data
from fastbp.distributed.joined import Joined

#: Rows of 50 in batches of 20, so that the last has 10; parameters in seven blocks, which four processes share unequally.
SHARDS = {"shards": 8, "batch_size": 20, "loss": "squared_error", "hidden": 900}
LIMITS = {"clip_norm": 0.1, "clip_value": 0.02, "l1": 0.01, "max_norm": 0.7, "layer_rates": (2.0, 0.5)}
EVERY = {name: {"optimizer": name} for name in [*OPTIMIZERS, *SCHEDULED]} | {
    "limits": {"optimizer": fastbp.Adam(0.02, decoupled_weight_decay=0.3, **LIMITS), "average": "ema"},
    "limits of LAMB": {"optimizer": fastbp.LAMB(0.02, **LIMITS), "dtype": "float64", "between": "layer"},
    "dropout": {"optimizer": "nadam_one_cycle", "between": "layer"},
    "batch normalisation": {"optimizer": "amsgrad_multi_step", "between": "batch"},
    "mixup": {"optimizer": "adam", "between": "mixed"},
    "layer after layer": {"optimizer": "amsgrad_multi_step", "hidden": [900, 300]},
    "the whole set": {"optimizer": "rprop", "batch_size": None},
    "more processes than rows": {"optimizer": "adam", "batch_size": 2},
}
#: On which all that is here can be seen, for the ordinary tests.
SOME = [
    "adam_plateau", "limits", "limits of LAMB", "dropout", "batch normalisation", "mixup", "layer after layer", "the whole set",
    "more processes than rows",
]  # fmt: skip
#: Where each process has rows of its own: what the trainer, and what fit is given beside them.
OWN = {
    "some rows in each": ({"optimizer": "adam_plateau", "between": "batch"}, {}),
    "some rows in each, weighed and mixed": (
        {"optimizer": "adam", "between": "mixed", "loss": "cross_entropy", "class_weight": "balanced"},
        {"y": LABELS, "validation_data": None, "sample_weight": np.linspace(0.5, 2.0, len(X))},
    ),
    "some rows in each, all at once": ({"optimizer": "rprop", "batch_size": None}, {}),
}


def digest(trainer, *others):
    """Of what all processes have when training has ended, and of what the first has beside it: what optimizer and callbacks remember."""
    every = sorted(bits(trainer).items())
    parts = [[entry for entry in every if (entry[0][0] in ("optimizer", "callbacks")) == own] for own in (False, True)]
    parts[1] += others
    return "-".join(hashlib.sha256(repr(part).encode()).hexdigest()[:12] for part in parts)


def made(name, distributed=None, **given):
    return make(**(SHARDS | EVERY[name] | {"distributed": distributed} | given))


def fit(trainer, epochs=3, **given):
    return trainer.fit(X, TARGETS, **({"epochs": epochs, "validation_data": (X[:9], TARGETS[:9])} | given))


def own_part(array):
    """The rows of this process: more in those of higher ranks."""
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    begin, end = (len(array) * rank**2 // comm.size**2 for rank in (comm.rank, comm.rank + 1))
    return array[begin:end]


def own_results(own, folder):
    """By what was done, what came out where each process has rows of its own; `own` None: one process alone."""
    found = {name: fit_own(make(**(SHARDS | settings | {"distributed": own})), name) for name, (settings, _) in OWN.items()}
    name, path = next(iter(OWN)), folder / "own.safetensors"
    broken = make(**(SHARDS | OWN[name][0] | {"distributed": own}))
    fit_own(broken, name, [fastbp.Checkpoint(path, "2 steps"), StopAt(3)])
    resumed = fastbp.Trainer.resume(path, distributed=own)
    # The data are known to be the same.
    with warnings.catch_warnings(action="error"):
        found["some rows in each, resumed"] = fit_own(resumed, name, epochs=3 - resumed.epoch), resumed.steps
    return found | {"some rows in each, diverged": diverged(own)}


def fit_own(trainer, name, callbacks=(), **given):
    """Each process with its rows; a callback of the first looks at some of them all."""
    arguments, looks = {"X": X, "y": TARGETS, "epochs": 3, "validation_data": (X[:9], TARGETS[:9])} | OWN[name][1] | given, []
    for rows in ("X", "y", "sample_weight"):
        if trainer.distributed and arguments.get(rows) is not None:
            arguments[rows] = own_part(arguments[rows])
    trainer.fit(**arguments, callbacks=[*callbacks, lambda run: looks.append(run.under_way.gradients(np.arange(0, 50, 7))[0])])
    return digest(trainer, looks), trainer.run.data.known


def results(distributed, folder, names=SOME):
    """By what was done, what came out."""
    found = {}
    for number, name in enumerate(names):
        trainer = made(name, distributed, threads=1 + number % 2)
        with as_if_on_hosts() if distributed and name == "layer after layer" else contextlib.nullcontext():
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
    return found | own_results(distributed and fastbp.MPI(rows="own"), folder)


@contextlib.contextmanager
def as_if_on_hosts():
    """Each process takes itself for one of another machine, to which gradients are sent layer after layer."""
    from fastbp.distributed.team import team

    here, team().here = team().here, 1
    yield
    team().here = here


def diverged(distributed):
    trainer, data = made("sgd", distributed), [X, TARGETS * 1e30]
    trainer.optimizer.learning_rate = 1e4
    try:
        trainer.fit(*(map(own_part, data) if distributed and distributed.rows == "own" else data), epochs=5)
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


def _third_fails(call):
    calls = []

    def failing(*given):
        calls.append(given)
        if len(calls) == 3:
            raise MemoryError("no room for rows")
        return call(*given)

    return failing


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

    own, other = fastbp.MPI(rows="own"), X + (rank == 1)
    note("other data", made("adam", distributed), other, TARGETS)
    note("other model", made("adam", distributed, hidden=5 + rank))
    note("bad argument", made("adam", distributed), epochs=-1 if rank == 1 else 3)
    note("bad step", made("adam", distributed), X[:, : 3 - rank % 2], TARGETS)
    note("other types", made("adam", own), X.astype(f"f{4 + 4 * rank}"), TARGETS)
    note("other targets", made("adam", own, loss="cross_entropy"), X, np.eye(2)[LABELS] if rank else LABELS)
    note("weights in one", made("adam", own), sample_weight=np.ones(len(X)) if rank else None)
    note("no weights", made("adam", own), sample_weight=np.zeros(len(X)))
    note("a split of own rows", made("adam", own), validation_split=0.5)
    note("other columns", made("adam", own), X[:, : 3 - rank], TARGETS)
    note("own rows in one", made("adam", own if rank else distributed))
    note("callback", made("adam", distributed), callbacks=_Spoil())
    pack = Joined.pack
    for on in (0, 1):
        if rank == on:
            Joined.pack = _third_fails(pack)
        note(f"no room on {on}", made("adam", own))
        Joined.pack = pack
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
    # Blocks of rows of one process, and of several.
    digest_of_data._BLOCK = 100
    found = results(fastbp.MPI(), Path(folder), list(EVERY) if "--whole" in sys.argv else SOME)
    if comm.size == 2:
        found |= {"faults": faults(fastbp.MPI(), comm.rank, Path(folder))}
    (Path(folder) / f"rank-{comm.rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
