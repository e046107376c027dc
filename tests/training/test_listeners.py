"""What callbacks remember goes on with the run."""

import os
import signal

import numpy as np
import pytest
from small_task import LABELS, X, bits, make

import fastbp


class Patience(fastbp.Callback):
    """Counts epochs, and keeps the best weights: state of both kinds."""

    def __init__(self, die_after=None):
        self.epochs, self.best, self.weights, self.die_after = 0, None, np.zeros(0), die_after

    def on_epoch_end(self, run):
        self.epochs += 1
        if self.best is None or run.history.loss[-1] < self.best:
            self.best, self.weights = run.history.loss[-1], run.model.weights[0].copy()
        if self.epochs == self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    def state(self):
        return {"epochs": self.epochs, "best": self.best, "weights": self.weights}

    def load_state(self, state):
        self.epochs, self.best, self.weights = state["epochs"], state["best"], state["weights"]


class Decay(fastbp.Callback):
    """Halves the rate after each epoch; it dies after having done so."""

    def __init__(self, die_after=None):
        self.die_after = die_after

    def on_epoch_end(self, run):
        run.optimizer.learning_rate /= 2

    def on_pause(self, run):
        if run.epoch == self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)


def same(one, other):
    return (one.epochs, one.best, one.weights.tobytes()) == (other.epochs, other.best, other.weights.tobytes())


def until_killed(callbacks, epochs=6):
    child = os.fork()
    if child == 0:
        make(threads=1).fit(X, LABELS, epochs=epochs, callbacks=callbacks)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def resumed(path, callbacks, epochs=6):
    trainer = fastbp.Trainer.resume(path, threads=1)
    trainer.fit(X, LABELS, epochs=epochs - trainer.epoch, callbacks=callbacks)
    return trainer


@pytest.mark.parametrize("every", ["1 epoch", "3 steps"])
def test_the_state_of_a_callback_survives_a_kill(tmp_path, every):
    path, whole, again = tmp_path / "run.safetensors", Patience(), Patience()
    plain = make(threads=1)
    plain.fit(X, LABELS, epochs=6, callbacks=whole)
    until_killed([fastbp.Checkpoint(path, every=every), Patience(die_after=4)])
    trainer = resumed(path, [again, fastbp.Checkpoint(path, every=every)])
    assert same(again, whole) and again.epochs == 6
    assert bits(trainer) == bits(plain)


@pytest.mark.parametrize("every", ["1 epoch", "7 steps"])
def test_a_checkpoint_knows_what_callbacks_did_at_its_moment_whatever_their_order(tmp_path, every):
    path, plain = tmp_path / "run.safetensors", make(threads=1)
    plain.fit(X, LABELS, epochs=6, callbacks=Decay())
    until_killed([fastbp.Checkpoint(path, every=every), Decay(die_after=4)])
    trainer = resumed(path, [fastbp.Checkpoint(path, every=every), Decay()])
    assert trainer.optimizer == plain.optimizer
    assert bits(trainer) == bits(plain)


def test_the_state_of_a_callback_goes_back_with_the_run():
    class Spoil(fastbp.Callback):
        def on_epoch_end(self, run):
            if run.epoch == 3:
                run.optimizer.learning_rate = run.optimizer.weight_decay = 3e38

    callback, twin = Patience(), Patience()
    trainer = make("momentum", batch_size=None)
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, LABELS, epochs=9, callbacks=[callback, Spoil()])
    make("momentum", batch_size=None).fit(X, LABELS, epochs=trainer.epoch, callbacks=twin)
    assert same(callback, twin) and callback.epochs == trainer.epoch == 3


def test_callbacks_of_one_class_keep_their_states_apart(tmp_path):
    path, first, second = tmp_path / "run.safetensors", Patience(), Patience()
    second.epochs = 10
    trainer = make()
    trainer.fit(X, LABELS, epochs=2, callbacks=[first, second])
    trainer.save(path)
    again = Patience(), Patience()
    resumed(path, again, epochs=3)
    assert [each.epochs for each in again] == [3, 13]


def test_a_state_waits_for_its_callback(tmp_path):
    path, again = tmp_path / "run.safetensors", Patience()
    trainer = make()
    trainer.fit(X, LABELS, epochs=2, callbacks=Patience())
    trainer.save(path)
    trainer = resumed(path, (), epochs=3)
    trainer.save(path)
    resumed(path, again, epochs=4)
    assert again.epochs == 3


def test_a_new_fit_leaves_a_new_callback_alone():
    trainer, fresh = make(), Patience()
    trainer.fit(X, LABELS, epochs=2, callbacks=Patience())
    trainer.fit(X, LABELS, epochs=1, callbacks=fresh)
    assert fresh.epochs == 1


@pytest.mark.parametrize("state", [None, [], {1: 2}, {"a": object()}, {"a": np.array([object()])}, {"a": {1, 2}}])
def test_a_state_that_no_file_can_hold_is_refused_before_anything_happens(state):
    class Bad(fastbp.Callback):
        def state(self):
            return state

    trainer = make()
    before = bits(trainer)
    with pytest.raises(TypeError, match=r"Bad\.state\(\)"):
        trainer.fit(X, LABELS, epochs=1, callbacks=Bad())
    assert bits(trainer) == before
