"""A run that stops by itself, and is logged: the job of a process that is killed."""

import os
import time
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
        self.began = time.perf_counter()
        fork_server.say("begin")

    def on_fit_end(self, run):
        fork_server.say(f"seconds {time.perf_counter() - self.began}")


def plain_logs(place):
    """The best model, and the log."""
    return [fastbp.BestModel(place / BEST), fastbp.CSVLog(place / LOG)]


def store(place):
    """The address of MLflow's store of files, to which newer versions have to be asked."""
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    return (Path(place) / "mlflow").as_uri()


def study(place):
    """Optuna's study with its one trial, in SQLite."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = f"sqlite:///{place}/study.db"
    return optuna.create_study(study_name="killed", storage=storage, load_if_exists=True, pruner=optuna.pruners.NopPruner())


def _trial(place):
    import optuna

    known = study(place)
    return optuna.trial.Trial(known, known.trials[0]._trial_id) if known.trials else known.ask()


#: What logs a run in a folder, by name.
LOGS = {
    "plain": plain_logs,
    "tensorboard": lambda place: [fastbp.TensorBoard(place / "board")],
    "mlflow": lambda place: [fastbp.MLflow(tracking_uri=store(place))],
    "optuna": lambda place: [fastbp.OptunaPruning(_trial(place))],
}


def train(folder, every, threads, patience=200, logs="plain"):
    """Resume the run, or begin it, and train until it stops after 282 epochs, the 82nd being the best; why, when, and what is there."""
    # Killed before its first checkpoint it begins anew, and finds what the first left.
    warnings.filterwarnings("ignore", message="this run begins at step 0")
    place = Path(folder) / RUN
    trainer = fastbp.Trainer.resume(place, threads=threads) if place.exists() else make(fastbp.SGD(0.01), threads=threads)
    tell, early = _Tell(), fastbp.EarlyStopping(patience=patience)
    own = [tell, early, *LOGS[logs](Path(folder))]
    checkpoint = [fastbp.Checkpoint(place, every)] if every else []
    trainer.fit(X, LABELS, epochs=_EPOCHS - trainer.epoch, validation_data=_SOME, callbacks=[*own, *checkpoint])
    fork_server.say("end")
    return trainer.history.stopped, trainer.epoch, early.best_epoch, digest(trainer)
