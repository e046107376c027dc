"""A run that stops by itself, logged by libraries, killed at random instants: they have each epoch once, and it stops where it would."""

import random
import signal
from pathlib import Path

import numba
import pytest
from watched import RUN, store, study

import fastbp

# Kills of each; those of processes that had said nothing yet do not count.
_KILLS = {True: 10, False: 1}
# Tried without --whole: MLflow takes seconds to be imported, by each process anew.
_SELECTED = [("tensorboard", "7 steps"), ("optuna", "1 epoch")]


def of_tensorboard(folder):
    """Steps and values of the validation loss that TensorBoard's own reader finds."""
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator").EventAccumulator(str(folder / "board"))
    reader.Reload()
    return [(event.step, event.value) for event in reader.Scalars("val_loss")]


def of_mlflow(folder):
    """Those of MLflow's last run; of an earlier one nothing was in a checkpoint when it was killed."""
    client = pytest.importorskip("mlflow").MlflowClient(tracking_uri=store(folder))
    last, *_ = client.search_runs(["0"], order_by=["attributes.start_time DESC"])
    assert last.info.status == "FINISHED"
    return sorted((each.step, each.value) for each in client.get_metric_history(last.info.run_id, "val_loss"))


def of_optuna(folder):
    """Those of the trial, as they lie in the data base."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    with sqlalchemy.create_engine(f"sqlite:///{folder}/study.db").connect() as connection:
        rows = connection.execute(sqlalchemy.text("select step, intermediate_value from trial_intermediate_values order by step")).all()
    (trial,) = study(folder).trials
    assert dict(map(tuple, rows)) == trial.intermediate_values
    return [tuple(row) for row in rows]


LOGS = {"tensorboard": of_tensorboard, "mlflow": of_mlflow, "optuna": of_optuna}


@pytest.mark.parametrize("every", ["1 epoch", "7 steps"])
@pytest.mark.parametrize("logs", LOGS)
def test_killed_and_resumed_the_library_has_each_epoch_once(server, tmp_path, tally, whole, logs, every):
    if not whole and (logs, every) not in _SELECTED:
        pytest.skip("only with --whole")
    pytest.importorskip(logs, reason=f"{logs} is not installed")
    folders, draw, hits = (tmp_path / str(number) for number in range(1000)), random.Random(logs + every), 0
    left_alone = next(folders)
    expected, longest = run(server, left_alone, "1 epoch", logs)[:2]
    while hits < _KILLS[whole]:
        folder, ended, begun = next(folders), False, False
        while not ended:
            delay = draw.uniform(0, longest) if hits < _KILLS[whole] else None
            result, _, ended, begun = run(server, folder, every, logs, delay)
            if not ended:
                hits += begun
                tally["kills of a run with callbacks of libraries (SIGKILL)"] += begun
        assert result[:3] == expected[:3]
        check(left_alone, folder, logs)


def run(server, folder, every, logs, delay=None):
    """Train until it ends, or is killed after so many seconds: what came of it, how long it took, whether it ended, whether it began."""
    folder.mkdir(exist_ok=True)
    threads = min(2, numba.config.NUMBA_NUM_THREADS)
    signals = {} if delay is None else {"sends": signal.SIGKILL, "delay": delay}
    outcome = server.run("watched:train", folder, every, threads, 20, logs, **signals)
    said = {word.split()[0]: word for word in outcome.said}
    return outcome.result, float(said.get("seconds", "seconds 0").split()[1]), "end" in said, "begin" in said


def check(left_alone: Path, folder: Path, logs):
    """The bits are those of the run left alone; what the library has is the history: each epoch, once."""
    (one, expected), (other, history) = (
        ([array.tobytes() for array in trainer.model.get_weights()], trainer.history)
        for trainer in (fastbp.Trainer.resume(each / RUN) for each in (left_alone, folder))
    )
    assert one == other and (history.loss, history.val_loss) == (expected.loss, expected.val_loss)
    found = LOGS[logs](folder)
    assert [step for step, _ in found] == [*range(1, len(history) + 1)]
    # TensorBoard keeps float32.
    assert [value for _, value in found] == pytest.approx(history.val_loss, rel=1e-6)
