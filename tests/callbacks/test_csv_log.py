"""`CSVLog`: the file is the history, whatever happened to the process; `tests/faults/test_callbacks.py` kills it."""

import csv
import errno

import pandas
import pytest
from small_task import LABELS, StopAt, X, make

import fastbp
from fastbp.callbacks import csv_log as module

HEADER = "epoch,loss,val_loss,val_accuracy,seconds,samples_per_second"
SOME = (X[:20], LABELS[:20])


def table(path):
    """The rows of a file, with numbers for what can be one."""
    with open(path, newline="") as file:
        return [{name: float(cell) if cell else None for name, cell in row.items()} for row in csv.DictReader(file)]


def wanted(trainer, first=0):
    history = trainer.history
    return [{"epoch": epoch + 1} | history.row(epoch) for epoch in range(first, len(history))]


class Look(fastbp.Callback):
    """Reads the file after each epoch."""

    def __init__(self, path):
        self.path, self.seen = path, []

    def on_pause(self, run):
        self.seen.append((run.epoch, len(table(self.path))))


def test_the_file_is_the_history_at_any_time(tmp_path):
    log, trainer = fastbp.CSVLog(tmp_path / "log.csv"), make()
    look = Look(log.path)
    trainer.fit(X, LABELS, epochs=3, validation_data=SOME, callbacks=[log, look])
    assert log.path.read_text().splitlines()[0] == HEADER and log.path.read_bytes().count(b"\n") == 4
    assert table(log.path) == wanted(trainer) and {*look.seen} - {(0, 0)} == {(1, 1), (2, 2), (3, 3)}
    # Without validation, and by another object: the cells are empty.
    trainer.fit(X, LABELS, epochs=2, callbacks=fastbp.CSVLog(log.path))
    assert table(log.path) == wanted(trainer) and table(log.path)[4]["val_loss"] is None
    assert pandas.read_csv(log.path).val_loss.isna().tolist() == [False] * 3 + [True] * 2
    assert [each.name for each in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize("append", [False, True])
def test_a_run_that_is_resumed_goes_on_from_its_checkpoint(tmp_path, append):
    path, run = tmp_path / "log.csv", tmp_path / "run"
    if append:
        make(model_seed=7).fit(X, LABELS, epochs=2, callbacks=fastbp.CSVLog(path))
    before = table(path) if append else []
    trainer = make()
    trainer.fit(X, LABELS, epochs=9, callbacks=[fastbp.CSVLog(path, append), StopAt(25)])
    trainer.save(run)
    # Three epochs more, the last in part, of which the checkpoint knows nothing.
    trainer.fit(X, LABELS, epochs=3, callbacks=fastbp.CSVLog(path, append) if not append else ())
    path.write_bytes(path.read_bytes() + b"7,0.25,")
    again = fastbp.Trainer.resume(run)
    again.fit(X, LABELS, epochs=6 - again.epoch, callbacks=fastbp.CSVLog(path, append))
    assert table(path) == before + wanted(again) and len(again.history) == 6


def test_rows_of_other_runs_are_left_alone(tmp_path):
    path, log = tmp_path / "log.csv", fastbp.CSVLog(tmp_path / "log.csv", append=True)
    first, second = make(), make(model_seed=7)
    first.fit(X, LABELS, epochs=2, callbacks=log)
    second.fit(X, LABELS, epochs=1)
    second.fit(X, LABELS, epochs=2, callbacks=log)
    assert table(path) == wanted(first) + wanted(second, first=1)
    first.fit(X, LABELS, epochs=1, callbacks=fastbp.CSVLog(path, append=True))
    assert table(path) == wanted(first)[:2] + wanted(second, first=1) + wanted(first, first=2)


def test_the_log_of_a_run_before_is_kept(tmp_path):
    path = tmp_path / "log.csv"
    first, second = make(), make(model_seed=7)
    first.fit(X, LABELS, epochs=2, callbacks=fastbp.CSVLog(path))
    with pytest.warns(UserWarning, match=r"its log would be lost\. It is kept as '.*log-before\.csv'"):
        second.fit(X, LABELS, epochs=1, callbacks=fastbp.CSVLog(path))
    assert table(path) == wanted(second) and table(tmp_path / "log-before.csv") == wanted(first)


def test_other_columns_are_not_appended_to(tmp_path):
    path, trainer = tmp_path / "log.csv", make()
    path.write_text("epoch,error\n1,2\n")
    names = HEADER.replace(",", ", ")
    with pytest.raises(ValueError, match=rf"log.csv' has columns epoch, error; those of this run are {names}"):
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.CSVLog(path, append=True))
    assert path.read_text() == "epoch,error\n1,2\n" and trainer.steps == 0


def test_a_row_that_could_not_be_written_is_there_later(tmp_path, monkeypatch):
    real_open, calls = open, []

    def full(*arguments, **settings):
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_open(*arguments, **settings)

    monkeypatch.setattr(module, "open", full, raising=False)
    log, trainer = fastbp.CSVLog(tmp_path / "log.csv"), make()
    with pytest.warns(RuntimeWarning, match="CSVLog has not logged epoch 2: .*No space") as told:
        trainer.fit(X, LABELS, epochs=4, callbacks=log)
    assert table(log.path) == wanted(trainer) and len(told) == 1


def test_refused_before_the_first_step(tmp_path):
    trainer = make()
    with pytest.raises(FileNotFoundError, match="cannot write"):
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.CSVLog(tmp_path / "no" / "log.csv"))
    with pytest.raises(IsADirectoryError, match="is a folder"):
        trainer.fit(X, LABELS, epochs=1, callbacks=fastbp.CSVLog(tmp_path))
    with pytest.raises(TypeError, match="append is 1"):
        fastbp.CSVLog("log.csv", 1)
    with pytest.raises(TypeError, match=r"CSVLog\(filename=\.\.\.\) is called 'path' here"):
        fastbp.CSVLog(filename="log.csv")
    assert trainer.steps == 0 and list(tmp_path.iterdir()) == []


def test_columns_in_another_order_are_appended_to_as_they_are(tmp_path):
    path, trainer = tmp_path / "log.csv", make()
    path.write_text("loss,epoch,seconds,val_loss,val_accuracy,samples_per_second\n0.5,7,1.0,,,2.0\n")
    trainer.fit(X, LABELS, epochs=2, callbacks=fastbp.CSVLog(path, append=True))
    assert table(path)[1:] == wanted(trainer) and [row["epoch"] for row in table(path)] == [7, 1, 2]
