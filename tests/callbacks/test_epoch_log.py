"""Logs of epochs: each once, in spite of writes that fail and of epochs that are taken back."""

import numpy as np
import pytest
from small_task import LABELS, Recorder, X, make

import fastbp
from fastbp.callbacks.epoch_log import EpochLog


class Log(EpochLog):
    """A list of losses, which cannot be written in some epochs; `told` of those before are in it when it begins."""

    def __init__(self, fails=(), told=0):
        super().__init__()
        self.losses, self.calls, self.fails, self.told = [], [], fails, told

    def begin(self, run):
        self.calls.append("begin")
        self.losses[:] = run.history.loss[: self.told]
        return len(self.losses)

    def add(self, run, first):
        self.calls.append((first, len(run.history)))
        if len(run.history) in self.fails:
            self.losses[first:] = [0.0]  # half written
            raise OSError(28, "No space left on device")
        self.losses[first:] = run.history.loss[first:]


def test_each_epoch_is_added_once_and_another_fit_goes_on():
    log, trainer = Log(told=99), make()
    trainer.fit(X, LABELS, epochs=2, callbacks=log)
    trainer.fit(X, LABELS, epochs=1, callbacks=log)
    assert log.losses == trainer.history.loss and log.calls == ["begin", (0, 1), (1, 2), "begin", (2, 3)]


def test_epochs_from_before_are_added_where_they_are_missing():
    log, trainer = Log(), make()
    trainer.fit(X, LABELS, epochs=2)
    trainer.fit(X, LABELS, epochs=0, callbacks=log)
    assert log.losses == trainer.history.loss and log.calls == ["begin", (0, 2)]


def test_what_could_not_be_written_is_made_up_for():
    log, trainer = Log(fails=[2], told=99), make()
    with pytest.warns(RuntimeWarning, match=r"Log has not logged epoch 2: \[Errno 28\] No space .* tried again after the next"):
        trainer.fit(X, LABELS, epochs=3, callbacks=log)
    assert log.losses == trainer.history.loss and log.calls == ["begin", (0, 1), (1, 2), "begin"]
    log = Log(fails=[2])
    with pytest.warns(RuntimeWarning), pytest.raises(OSError, match="No space"):
        make().fit(X, LABELS, epochs=2, callbacks=log)


def test_epochs_that_are_taken_back_are_taken_out(monkeypatch):
    # Only a loss tells that the weights are lost, an epoch later.
    for name in ("_LOOK", "_KEEP"):
        monkeypatch.setattr(fastbp.training.guard, name, 1e9)

    class Spoil(fastbp.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 6:
                run.optimizer.learning_rate = run.optimizer.weight_decay = 3e38

    log, trainer = Log(told=99), make("momentum", batch_size=None)
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, LABELS, epochs=9, callbacks=[log, Spoil()])
    assert max(call[1] for call in log.calls if call != "begin") > trainer.epoch == 6 and log.losses == trainer.history.loss


def test_nothing_is_written_where_fit_did_not_begin():
    class Bad(Log):
        def begin(self, run):
            raise ValueError("bad log")

    bad, log, trainer = Bad(), Log(), make()
    with pytest.raises(ValueError, match="bad log"):
        trainer.fit(X, LABELS, epochs=1, callbacks=bad)
    with pytest.raises(RuntimeError, match="other failed"):
        trainer.fit(X, LABELS, epochs=1, callbacks=[Recorder("other", fail="begin"), log])
    assert log.calls == bad.calls == [] and trainer.steps == 0
