"""`BestModel`: the file is of the best epoch, whole, and of no other run."""

import errno

import numpy as np
import pytest
from small_task import LABELS, StopAt, X, make

import fastbp
from fastbp.callbacks import best_model as module

SOME = (X[:20], 1 - LABELS[:20])  # turned round: the validation loss rises sooner or later


def train(epochs, *, callbacks, **settings):
    trainer = make(**settings)
    trainer.fit(X, LABELS, epochs=epochs, validation_data=SOME, callbacks=callbacks)
    return trainer


@pytest.mark.parametrize("average", [None, "ema", fastbp.SWA(1, 2)], ids=repr)
@pytest.mark.parametrize(("metric", "mode"), [("val_loss", "auto"), ("val_accuracy", "auto"), ("loss", "max")])
def test_the_file_is_of_the_best_epoch(tmp_path, metric, mode, average):
    best = fastbp.BestModel(tmp_path / "best.safetensors", metric, mode)
    trainer = train(20, callbacks=best, average=average)
    values = getattr(trainer.history, metric)
    wanted = (min if (metric, mode) == ("val_loss", "auto") else max)(values)
    assert best.best == wanted and best.best_epoch == values.index(wanted) + 1
    plain = train(best.best_epoch, callbacks=(), average=average)
    assert np.array_equal(fastbp.MLP.load(best.path).predict(X), plain.model.predict(X))
    assert [each.name for each in tmp_path.iterdir()] == ["best.safetensors"]


def test_a_run_that_is_resumed_knows_its_best(tmp_path):
    path, whole = tmp_path / "best", fastbp.BestModel(tmp_path / "whole")
    train(20, callbacks=whole)
    # Stopped when the best epoch has passed.
    stop = StopAt(7 * whole.best_epoch + 10)
    train(20, callbacks=[fastbp.BestModel(path), fastbp.Checkpoint(tmp_path / "run"), stop])
    content, again = path.read_bytes(), fastbp.BestModel(path)
    trainer = fastbp.Trainer.resume(tmp_path / "run")
    trainer.fit(X, LABELS, epochs=20 - trainer.epoch, validation_data=SOME, callbacks=again)
    assert again.best_epoch == whole.best_epoch < trainer.epoch == 20
    assert path.read_bytes() == content
    assert np.array_equal(fastbp.MLP.load(path).predict(X), fastbp.MLP.load(whole.path).predict(X))


def test_another_run_begins_anew_and_keeps_the_file_of_the_first(tmp_path):
    best = fastbp.BestModel(tmp_path / "best.safetensors")
    train(9, callbacks=best)
    before = best.path.read_bytes()
    with pytest.warns(UserWarning, match=r"its best model would be lost\. It is kept as '.*best-before\.safetensors'"):
        second = train(1, callbacks=best, model_seed=7)
    assert best.best == second.history.val_loss[0]
    assert best.path.read_bytes() != before == (tmp_path / "best-before.safetensors").read_bytes()


def test_an_epoch_that_could_not_be_saved_does_not_count(tmp_path, monkeypatch):
    write, calls = module.model_files().write, []

    def full(path, content):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "no space")
        write(path, content)

    monkeypatch.setattr(module.model_files(), "write", full)
    best = fastbp.BestModel(tmp_path / "best", "loss")
    with pytest.warns(RuntimeWarning, match=r"the model of epoch 2 is the best so far, and not saved: .*no space") as told:
        trainer = train(2, callbacks=best)
    assert len(told) == 1 and best.best == trainer.history.loss[0] > trainer.history.loss[1] and best.best_epoch == 1
    trainer.fit(X, LABELS, epochs=1, callbacks=best)
    assert best.best == trainer.history.loss[2]


def test_weights_that_are_not_finite_are_not_the_best(tmp_path):
    class Spoil(fastbp.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 6:
                run.optimizer.learning_rate = run.optimizer.weight_decay = 3e38

    trainer, best = make("momentum", batch_size=None), fastbp.BestModel(tmp_path / "best", "loss")
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, LABELS, epochs=9, callbacks=[best, Spoil()])
    assert all(np.isfinite(weights).all() for weights in fastbp.MLP.load(best.path).weights) and best.best_epoch == 6


def test_refused_before_the_first_step(tmp_path):
    trainer = make()
    for callback, error, words in (
        (fastbp.BestModel(tmp_path / "no" / "best", "loss"), FileNotFoundError, "cannot write"),
        (fastbp.BestModel(tmp_path, "loss"), IsADirectoryError, "is a folder"),
        (fastbp.BestModel(tmp_path / "best"), ValueError, "no validation data"),
    ):
        with pytest.raises(error, match=words):
            trainer.fit(X, LABELS, epochs=1, callbacks=callback)
    own = make(activation=fastbp.CustomActivation(lambda z: 2 * z, lambda z: 2.0))
    with pytest.raises(ValueError, match="lambda"):
        own.fit(X, LABELS, epochs=1, callbacks=fastbp.BestModel(tmp_path / "best", "loss"))
    assert trainer.steps == own.steps == 0 and list(tmp_path.iterdir()) == []


def test_bad_arguments():
    with pytest.raises(TypeError, match="path is 3"):
        fastbp.BestModel(3)
    with pytest.raises(TypeError, match=r"BestModel\(filepath=\.\.\.\) is called 'path' here"):
        fastbp.BestModel(filepath="best")
    with pytest.raises(TypeError, match=r"BestModel\(monitor=\.\.\.\) is called 'metric' here"):
        fastbp.BestModel("best", monitor="val_loss")
