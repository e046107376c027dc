"""What several processes train in tests: ``mpiexec -n 2 python on_ranks.py FOLDER`` prints what came out, as one process alone does."""

import hashlib
import json
import sys

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
    """Of all that training leaves behind."""
    return hashlib.sha256(repr(sorted(bits(trainer).items())).encode()).hexdigest()[:16]


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


def main(folder):
    from pathlib import Path

    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    found = results(fastbp.MPI(), Path(folder), list(EVERY) if "--whole" in sys.argv else SOME)
    # Nobody else has the optimizer's memory, and all have the model and the history.
    print(json.dumps({"rank": comm.rank, "found": found}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
