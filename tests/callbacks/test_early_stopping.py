"""`EarlyStopping`: when it stops, which weights are there then, and that a run that was stopped comes to the same."""

import math
import os
import pickle
import signal

import numpy as np
import pytest
from small_task import LABELS, StopAt, X, bits, make

import fastbp

SOME = (X[:20], 1 - LABELS[:20])  # turned round: the validation loss rises sooner or later


def train(epochs=60, *, callbacks, **settings):
    trainer = make(**settings)
    trainer.fit(X, LABELS, epochs=epochs, validation_data=SOME, callbacks=callbacks)
    return trainer


def stops_after(values, **settings):
    """The epoch after which it stops when the loss takes these values; None: it does not."""
    run, early = make().run, fastbp.EarlyStopping("loss", **{"restore_best": False} | settings)
    early.on_fit_begin(run)
    for value in values:
        run.history.add(value, {}, 1.0, 1)
        run.position.epoch += 1
        if early.on_epoch_end(run):
            return run.epoch
    return None


@pytest.mark.parametrize(
    ("values", "settings", "wanted"),
    [
        ([5, 4, 3, 2, 1], {"patience": 1}, None),
        ([5, 4, 4, 3], {"patience": 1}, 3),
        ([5, 4, 6, 6, 3, 6, 6, 6], {"patience": 3}, 8),
        ([5, 6, 7], {"patience": 2}, 3),
        ([1, 2, 3], {"patience": 1, "mode": "max"}, None),
        # Each gain is too small, but not the two of them together.
        ([5.0, 4.6, 4.2, 3.8, 3.7, 3.6], {"patience": 2, "min_delta": 0.5}, 5),
        ([5.0, 4.5, 4.0], {"patience": 1, "min_delta": 0.5}, 2),
        # Not as good as the baseline, though better and better.
        ([5, 4, 3], {"patience": 3, "baseline": 2}, 3),
        ([5, 4, 1, 1, 1], {"patience": 3, "baseline": 2}, None),
        ([5, 4, 1, 1, 1, 1], {"patience": 3, "baseline": 2}, 6),
        ([math.nan, math.nan, 1, 2], {"patience": 3}, None),
        ([5, math.nan, math.inf, 6], {"patience": 3}, 4),
        ([math.nan] * 3, {"patience": 3}, 3),
    ],
)
def test_when_it_stops(values, settings, wanted):
    assert stops_after(values, **settings) == wanted


def test_it_stops_fit_and_says_so():
    early = fastbp.EarlyStopping(patience=3)
    trainer = train(callbacks=early)
    history = trainer.history
    assert history.stopped == "early_stopping" and len(history) < 60
    assert early.best == min(history.val_loss) == history.val_loss[early.best_epoch - 1]
    assert len(history) == early.best_epoch + 3 and early.waited == 3


@pytest.mark.parametrize("average", [None, fastbp.EMA(0.9), fastbp.SWA(1, 2)], ids=repr)
@pytest.mark.parametrize("metric", ["val_loss", "val_accuracy"])
def test_the_weights_of_the_best_epoch_are_put_back(metric, average):
    early = fastbp.EarlyStopping(metric, patience=4)
    trainer = train(callbacks=early, average=average)
    wanted = early.best if metric == "val_loss" else trainer.history.val_loss[early.best_epoch - 1]
    assert trainer.history.stopped == "early_stopping" and early.best_epoch == trainer.epoch - 4
    assert trainer.evaluate(*SOME)["loss"] == wanted
    # All that the best epoch left, the weights behind the average, too.
    plain = train(early.best_epoch, callbacks=(), average=average)
    assert parameters(trainer) == parameters(plain)


def parameters(trainer):
    return {key: value for key, value in bits(trainer).items() if key[0] in ("model", "average")}


def test_of_all_epochs_the_best_is_put_back():
    early = fastbp.EarlyStopping(patience=100)
    trainer = train(20, callbacks=early)
    assert trainer.history.stopped == "epochs" and early.best_epoch < 20
    assert trainer.evaluate(*SOME)["loss"] == early.best
    left = train(20, callbacks=fastbp.EarlyStopping(patience=100, restore_best=False))
    assert bits(left)["model", "weights.0"] == bits(train(20, callbacks=()))["model", "weights.0"]


@pytest.mark.parametrize("average", [None, "ema"])
def test_restore(average):
    early = fastbp.EarlyStopping(patience=100)
    trainer = train(20, callbacks=[early, StopAt(7 * 19)], average=average)
    early.restore(trainer.run)
    assert trainer.evaluate(*SOME)["loss"] == early.best
    fresh = fastbp.EarlyStopping()
    before = bits(trainer)
    fresh.restore(trainer.run)
    assert bits(trainer) == before


class Signal(fastbp.Callback):
    """Sends a signal to this process in the middle of an epoch."""

    def __init__(self, steps, number):
        self.steps, self.number = steps, number

    def steps_to_pause(self, run):
        return self.steps - run.steps if run.steps < self.steps else None

    def on_pause(self, run):
        if run.steps == self.steps:
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("average", [None, "ema"])
def test_a_run_that_was_interrupted_goes_on_to_the_bit(tmp_path, number, average):
    whole, early = fastbp.EarlyStopping(patience=5), fastbp.EarlyStopping(patience=5)
    plain = train(callbacks=whole, average=average)
    sender = Signal(7 * whole.best_epoch + 10, number)
    trainer = train(callbacks=[early, fastbp.Checkpoint(tmp_path / "run", "1 h"), sender], average=average)
    assert trainer.history.stopped in ("interrupted", "terminated")
    again = fastbp.Trainer.resume(tmp_path / "run")
    for goes_on, callback in ((trainer, early), (again, fastbp.EarlyStopping(patience=5))):
        goes_on.fit(X, LABELS, epochs=60 - goes_on.epoch, validation_data=SOME, callbacks=callback)
        assert goes_on.history.stopped == "early_stopping" and callback.best_epoch == whole.best_epoch
        assert bits(goes_on) == bits(plain)


@pytest.mark.parametrize("epochs", [0, 30])
def test_a_run_that_was_about_to_stop_when_it_was_killed_stops_at_once(tmp_path, epochs):
    path = tmp_path / "run"

    class Save(fastbp.Callback):
        after_others = True

        def on_pause(self, run):
            run.save(path)

    early = fastbp.EarlyStopping(patience=3)
    plain = train(callbacks=[early, Save()])
    again, patient = fastbp.Trainer.resume(path), fastbp.EarlyStopping(patience=3)
    assert again.history.stopped == "" and again.epoch == plain.epoch
    history = again.fit(X, LABELS, epochs=epochs, validation_data=SOME, callbacks=patient)
    assert history.stopped == "early_stopping" and patient.best_epoch == early.best_epoch
    assert bits(again) == bits(plain)
    # Asked again, or with more patience, it trains on.
    assert again.fit(X, LABELS, epochs=2, validation_data=SOME, callbacks=patient).stopped == "epochs"
    again = fastbp.Trainer.resume(path)
    assert again.fit(X, LABELS, epochs=2, validation_data=SOME, callbacks=fastbp.EarlyStopping(patience=9)).stopped == "epochs"


def test_after_a_stop_it_counts_from_0_and_knows_the_best():
    early = fastbp.EarlyStopping(patience=3)
    trainer = train(callbacks=early)
    best, epochs = early.best, trainer.epoch
    trainer.fit(X, LABELS, epochs=60, validation_data=SOME, callbacks=early)
    assert trainer.epoch == epochs + 3 and early.best == best == trainer.evaluate(*SOME)["loss"]


def test_a_fit_that_fails_before_it_begins_changes_nothing():
    class Bad(fastbp.Callback):
        def on_fit_begin(self, run):
            raise RuntimeError("bad failed")

    early = fastbp.EarlyStopping(patience=3)
    trainer = train(callbacks=early)
    trainer.model.weights[0][:] = 0
    before = parameters(trainer)
    with pytest.raises(RuntimeError, match="bad failed"):
        trainer.fit(X, LABELS, epochs=1, validation_data=SOME, callbacks=[early, Bad()])
    with pytest.raises(ValueError, match="no validation data"):
        trainer.fit(X, LABELS, epochs=1, callbacks=early)
    assert parameters(trainer) == before


def test_it_goes_back_with_the_run():
    class Spoil(fastbp.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 6:
                run.optimizer.learning_rate = run.optimizer.weight_decay = 3e38

    early, twin = fastbp.EarlyStopping("loss", patience=9), fastbp.EarlyStopping("loss", patience=9)
    trainer = make("momentum", batch_size=None)
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, LABELS, epochs=9, callbacks=[early, Spoil()])
    make("momentum", batch_size=None).fit(X, LABELS, epochs=trainer.epoch, callbacks=twin)
    # The epoch that is taken back had the best loss, but weights that were not finite.
    assert early.best_epoch == trainer.epoch == 6 and early.state().keys() == twin.state().keys()
    for name, value in twin.state().items():
        assert np.array_equal(early.state()[name], value), name


def test_weights_of_an_epoch_that_is_taken_back_are_lost():
    early, run = fastbp.EarlyStopping("loss", patience=9), make().run
    early.on_fit_begin(run)
    marks = [early.mark()]
    for loss in (3.0, 4.0, 2.0):
        run.history.add(loss, {}, 1.0, 1)
        run.position.epoch += 1
        early.on_epoch_end(run)
        marks.append(early.mark())
    assert all(not isinstance(value, np.ndarray) for mark in marks for value in mark.values())
    early.go_back(marks[3])
    assert early.best == 2 and early.state()["weights"].any()
    early.go_back(marks[2])
    assert early.waited == 1 and early.best is None and "weights" not in early.state()
    early.go_back(marks[0])
    assert early.state() == {} and early.waited == 0


def test_weights_are_copied_for_the_best_epochs_alone(monkeypatch):
    kept = []
    monkeypatch.setattr(fastbp.EarlyStopping, "_keep", lambda self, run: kept.append(run.epoch))
    early = fastbp.EarlyStopping(patience=5)
    trainer = train(callbacks=early)
    losses = trainer.history.val_loss
    assert kept == [epoch for epoch in range(1, len(losses) + 1) if losses[epoch - 1] == min(losses[:epoch])]
    del kept[:]
    train(callbacks=fastbp.EarlyStopping(patience=5, restore_best=False))
    assert kept == []


def test_it_can_be_copied():
    early = fastbp.EarlyStopping(patience=3)
    train(callbacks=early)
    again = pickle.loads(pickle.dumps(early))
    assert (again.best, again.best_epoch, again.waited) == (early.best, early.best_epoch, early.waited)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"patience": 0}, ValueError, "patience is 0; expected an integer of at least 1"),
        ({"min_delta": -1}, ValueError, "min_delta is -1"),
        ({"restore_best": 1}, TypeError, "restore_best is 1 of type int; expected True or False"),
        ({"baseline": "low"}, TypeError, "baseline is 'low'"),
        ({"mode": "up"}, ValueError, "mode='up' is not known"),
        ({"metric": "val_something"}, ValueError, "mode='auto' does not know"),
        ({"monitor": "val_loss"}, TypeError, r"EarlyStopping\(monitor=\.\.\.\) is called 'metric' here"),
        ({"restore_best_weights": True}, TypeError, "called 'restore_best' here"),
    ],
)
def test_bad_arguments(settings, error, words):
    with pytest.raises(error, match=words):
        fastbp.EarlyStopping(**settings)
