"""A run that stops by itself, and is logged: the job of a process that is killed."""

import warnings
from pathlib import Path

import fork_server
from runs import digest
from small_task import LABELS, X, make

import fastbp

RUN, BEST, LOG = "run.safetensors", "best.safetensors", "log.csv"
_EPOCHS = 400
_SOME = (X[:20], 1 - LABELS[:20])


class _Tell(fastbp.Callback):
    def on_fit_begin(self, run):
        fork_server.say("begin")


def callbacks(folder, patience):
    """Early stopping, the best model, and the log."""
    place = Path(folder)
    early = fastbp.EarlyStopping(patience=patience)
    return [early, fastbp.BestModel(place / BEST), fastbp.CSVLog(place / LOG)]


def train(folder, every, threads, patience=200):
    """Resume the run, or begin it, and train until it stops after 282 epochs, the 82nd being the best; why, when, and what is there."""
    # Killed before its first checkpoint it begins anew, and finds what the first left.
    warnings.filterwarnings("ignore", message="this run begins at step 0")
    place = Path(folder) / RUN
    trainer = fastbp.Trainer.resume(place, threads=threads) if place.exists() else make(fastbp.SGD(0.01), threads=threads)
    own = callbacks(folder, patience)
    checkpoint = [fastbp.Checkpoint(place, every)] if every else []
    trainer.fit(X, LABELS, epochs=_EPOCHS - trainer.epoch, validation_data=_SOME, callbacks=[_Tell(), *own, *checkpoint])
    fork_server.say("end")
    return trainer.history.stopped, trainer.epoch, own[0].best_epoch, digest(trainer)
