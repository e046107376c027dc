"""`TensorBoard`: what its own reader finds in the files, each epoch once, also after a process was killed."""

import errno
import os
import signal

import numpy as np
import pytest
from small_task import LABELS, StopAt, X, make

import fastbp
from fastbp.callbacks import tensorboard as module

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="TensorBoard is not installed")
SOME = (X[:20], LABELS[:20])


def scalars(folder):
    """The steps and values of each name that TensorBoard shows."""
    reader = accumulator.EventAccumulator(str(folder))
    reader.Reload()
    return {name: [(event.step, event.value) for event in reader.Scalars(name)] for name in reader.Tags()["scalars"]}


def wanted(trainer):
    history = trainer.history
    columns = {name: [history.row(epoch)[name] for epoch in range(len(history))] for name in history.names()}
    given = {name: [(i + 1, float(np.float32(v))) for i, v in enumerate(values) if v is not None] for name, values in columns.items()}
    return {name: values for name, values in given.items() if values}


def fit(trainer, epochs, *callbacks):
    trainer.fit(X, LABELS, epochs=epochs, validation_data=SOME, callbacks=callbacks)


class Look(fastbp.Callback):
    """Reads the files after each epoch."""

    def __init__(self, folder):
        self.folder, self.same = folder, []

    def on_pause(self, run):
        self.same.append(scalars(self.folder) == wanted(run))


def test_the_files_have_the_history_at_any_time(tmp_path):
    folder, trainer = tmp_path / "runs" / "first", make()
    look = Look(folder)
    fit(trainer, 3, fastbp.TensorBoard(folder), look)
    assert scalars(folder) == wanted(trainer) and len(wanted(trainer)["val_accuracy"]) == 3
    assert len(look.same) >= 3 and all(look.same)


@pytest.mark.parametrize("same", [False, True])
def test_another_fit_goes_on(tmp_path, same):
    trainer, first = make(), fastbp.TensorBoard(tmp_path)
    fit(trainer, 2, first)
    trainer.fit(X, LABELS, epochs=1)  # nobody logs it
    fit(trainer, 2, first if same else fastbp.TensorBoard(tmp_path))
    assert scalars(tmp_path) == wanted(trainer) and len(wanted(trainer)["loss"]) == 5


def test_a_folder_shows_the_last_run(tmp_path):
    log, first, second = fastbp.TensorBoard(tmp_path), make(), make(model_seed=7)
    fit(first, 5, log)
    fit(second, 2, log)
    assert scalars(tmp_path) == wanted(second) and len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_run_that_was_killed_goes_on_from_its_checkpoint(tmp_path):
    class Kill(fastbp.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 6:
                os.kill(os.getpid(), signal.SIGKILL)

    folder, run = tmp_path / "events", tmp_path / "run"
    child = os.fork()
    if child == 0:
        fit(make(threads=1), 9, fastbp.Checkpoint(run, "18 steps"), fastbp.TensorBoard(folder), Kill())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    # Six epochs are there, and a part of a seventh.
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes() + b"\x20\0\0\0\0\0\0\0torn")
    assert [step for step, _ in scalars(folder)["loss"]] == [1, 2, 3, 4, 5, 6]
    trainer = fastbp.Trainer.resume(run)
    assert trainer.epoch == 5
    fit(trainer, 3, fastbp.TensorBoard(folder))
    assert scalars(folder) == wanted(trainer) and trainer.epoch == 8


def test_times_of_epochs_before_are_kept_when_a_run_is_resumed(tmp_path):
    def times():
        reader = accumulator.EventAccumulator(str(tmp_path / "events"))
        reader.Reload()
        return [event.wall_time for event in reader.Scalars("loss")]

    trainer = make()
    fit(trainer, 9, fastbp.TensorBoard(tmp_path / "events"), StopAt(25))
    trainer.save(tmp_path / "run")
    before = times()
    trainer = fastbp.Trainer.resume(tmp_path / "run")
    fit(trainer, 2, fastbp.TensorBoard(tmp_path / "events"))
    assert len(before) == 3 and times()[:3] == before and len(times()) == 5


def test_an_epoch_that_could_not_be_written_is_there_later(tmp_path, monkeypatch):
    real_open, calls = open, []

    def full(path, mode, **settings):
        calls.append(mode)
        if len(calls) == 3:
            with real_open(path, mode) as file:
                file.write(b"\x20\0\0\0\0\0\0\0torn")
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_open(path, mode, **settings)

    monkeypatch.setattr(module, "open", full, raising=False)
    trainer = make()
    with pytest.warns(RuntimeWarning, match="TensorBoard has not logged epoch 2: .*No space") as told:
        fit(trainer, 4, fastbp.TensorBoard(tmp_path))
    assert scalars(tmp_path) == wanted(trainer) and len(told) == 1


def test_it_needs_no_tensorflow_and_no_torch(run_python, tmp_path):
    code = (
        "import sys, fastbp\n"
        "trainer = fastbp.Trainer(fastbp.MLP([1, 1], seed=0), loss='squared_error')\n"
        "trainer.fit([[0.0]], [1.0], epochs=1, callbacks=fastbp.TensorBoard(sys.argv[1]))\n"
        "print({'tensorflow', 'torch', 'grpc', 'tensorboard'} & {*sys.modules})"
    )
    assert run_python(code, tmp_path / "events") == "{'tensorboard'}\n"


def test_refused_before_the_first_step(tmp_path):
    (tmp_path / "file").touch()
    trainer = make()
    with pytest.raises(TypeError, match="folder is 3 of type int; expected the path of a folder"):
        fastbp.TensorBoard(3)
    with pytest.raises(TypeError, match=r"TensorBoard\(log_dir=\.\.\.\) is called 'folder' here"):
        fastbp.TensorBoard(log_dir="runs")
    with pytest.raises(FileExistsError):
        fit(trainer, 1, fastbp.TensorBoard(tmp_path / "file"))
    assert trainer.steps == 0
