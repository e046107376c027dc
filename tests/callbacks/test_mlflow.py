"""`MLflow`: what a store of files has when it is read back, each epoch once, also after a process was killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_task import LABELS, StopAt, X, make

import fastbp

mlflow = pytest.importorskip("mlflow", reason="MLflow is not installed")
SOME = (X[:20], LABELS[:20])


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    """The address of a store of files, to which newer versions have to be asked."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return (tmp_path / "runs").as_uri()


def fit(trainer, epochs, *callbacks):
    trainer.fit(X, LABELS, epochs=epochs, validation_data=SOME, callbacks=callbacks)
    return trainer


def metrics(store, run_id, trainer):
    client = mlflow.MlflowClient(tracking_uri=store)
    histories = {name: client.get_metric_history(run_id, name) for name in trainer.history.names()}
    return {name: sorted((each.step, each.value) for each in history) for name, history in histories.items()}


def wanted(trainer):
    history = trainer.history
    rows = {epoch + 1: history.row(epoch) for epoch in range(len(history))}
    return {name: [(step, row[name]) for step, row in rows.items() if row[name] is not None] for name in history.names()}


def runs(store, experiment="Default"):
    client = mlflow.MlflowClient(tracking_uri=store)
    return client.search_runs([client.get_experiment_by_name(experiment).experiment_id])


def test_settings_and_history_are_read_back(store):
    log = fastbp.MLflow("nets", run_name="small", tracking_uri=store, params={"data": "small task"})
    trainer = fit(make(), 3, log)
    (run,) = runs(store, "nets")
    assert run.info.run_id == log.run_id and (run.info.run_name, run.info.status) == ("small", "FINISHED")
    assert metrics(store, log.run_id, trainer) == wanted(trainer) and len(wanted(trainer)["val_accuracy"]) == 3
    told = {"layer_sizes": "3-6-2", "optimizer": "adam", "optimizer.learning_rate": "0.01", "loss": "cross_entropy", "batch_size": "8"}
    assert told.items() | {("data", "small task"), ("seed", "0")} <= run.data.params.items()


def test_another_fit_goes_on_in_the_same_run_and_another_trainer_does_not(store):
    log, trainer = fastbp.MLflow(tracking_uri=store), make()
    fit(trainer, 2, log)
    first = log.run_id
    trainer.fit(X, LABELS, epochs=1)  # nobody logs it
    fit(trainer, 1, log)
    assert log.run_id == first and metrics(store, first, trainer) == wanted(trainer) and len(trainer.history) == 4
    other = fit(make(model_seed=7), 1, log)
    assert log.run_id != first and metrics(store, log.run_id, other) == wanted(other) and len(runs(store)) == 2


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import fastbp
from small_task import LABELS, X, make

class Kill(fastbp.Callback):
    def on_epoch_end(self, run):
        if run.epoch == 6:
            os.kill(os.getpid(), signal.SIGKILL)

callbacks = [fastbp.Checkpoint(sys.argv[2], "18 steps"), fastbp.MLflow(tracking_uri=sys.argv[3]), Kill()]
make(threads=1).fit(X, LABELS, epochs=9, validation_data=(X[:20], LABELS[:20]), callbacks=callbacks)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_run_that_was_killed_goes_on_in_the_same_run(store, tmp_path):
    helpers = Path(sys.modules["small_task"].__file__).parent
    settings = os.environ | {"PYTHONPATH": str(Path(fastbp.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", KILLED, str(helpers), str(tmp_path / "run"), store], env=settings, capture_output=True)
    assert done.returncode == -9, done.stderr
    trainer, log = fastbp.Trainer.resume(tmp_path / "run"), fastbp.MLflow(tracking_uri=store)
    assert trainer.epoch == 5 and len(metrics(store, runs(store)[0].info.run_id, trainer)["loss"]) == 6
    fit(trainer, 3, log)
    (run,) = runs(store)
    assert run.info.run_id == log.run_id and run.info.status == "FINISHED"
    logged, known = metrics(store, log.run_id, trainer), wanted(trainer)
    # The epoch that was logged before the kill has the times of its first training.
    for name, values in known.items():
        times = name in ("seconds", "samples_per_second")
        assert logged[name] == values or (times and [step for step, _ in logged[name]] == [step for step, _ in values])


@pytest.mark.parametrize("average", [None, "ema"])
def test_how_a_run_ended_is_told(store, average):
    log, trainer = fastbp.MLflow(tracking_uri=store), make(average=average)
    with pytest.raises(RuntimeError):
        fit(trainer, 2, log, lambda run: exec("raise RuntimeError"))
    client = mlflow.MlflowClient(tracking_uri=store)
    assert client.get_run(log.run_id).info.status == "FAILED"
    fit(trainer, 2, log, StopAt(trainer.steps + 3))
    assert client.get_run(log.run_id).info.status == "FINISHED" and ("average" in client.get_run(log.run_id).data.params)


def test_a_run_that_is_under_way_is_taken_and_left_open(store, monkeypatch):
    mlflow.set_tracking_uri(store)
    try:
        with mlflow.start_run() as outer:
            log, trainer = fastbp.MLflow(), make()
            fit(trainer, 2, log)
            assert log.run_id == outer.info.run_id
            assert mlflow.MlflowClient().get_run(log.run_id).info.status == "RUNNING"
        assert metrics(store, log.run_id, trainer) == wanted(trainer)
    finally:
        mlflow.set_tracking_uri(None)


def test_what_could_not_be_logged_is_logged_later(store, monkeypatch):
    log, trainer, calls = fastbp.MLflow(tracking_uri=store), make(), []
    log_batch = mlflow.MlflowClient.log_batch

    def failing(self, *arguments, **settings):
        calls.append(settings)
        if len(calls) == 3:
            raise mlflow.exceptions.MlflowException("out of reach")
        return log_batch(self, *arguments, **settings)

    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", failing)
    with pytest.warns(RuntimeWarning, match="MLflow has not logged epoch 2: MLflow: out of reach") as told:
        fit(trainer, 3, log)
    assert metrics(store, log.run_id, trainer) == wanted(trainer) and len(told) == 1


def test_refused_before_the_first_step(store):
    with pytest.raises(TypeError, match="experiment is 3 of type int; expected a string"):
        fastbp.MLflow(3)
    trainer = make()
    with pytest.raises(OSError, match="MLflow: "):
        fit(trainer, 1, fastbp.MLflow(tracking_uri="nowhere://"))
    assert trainer.steps == 0
