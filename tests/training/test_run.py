"""Pieces of a run: what is declared once is kept, restored, saved, resumed and compared."""

import os
import signal

import numpy as np
import pytest
from small_task import LABELS, X, bits, make

import fastbp
from fastbp.training.copies import Copies
from fastbp.training.engine import Engine
from fastbp.training.part import Part
from fastbp.training.run import Run


class Trace(Part):
    """A toy piece that each step changes."""

    def __init__(self):
        self.value, self.last = 0.0, np.zeros(3)

    def see(self, losses):
        for loss in losses.tolist():
            self.value = 0.9 * self.value + loss
            self.last = np.append(self.last[1:], loss)

    def state(self):
        return {"value": self.value, "last": self.last}

    def load_state(self, state):
        self.value, self.last = state["value"], state["last"].copy()


@pytest.fixture
def traced(monkeypatch):
    """Runs have the toy piece: one line beside the others in ``Run.__init__``, and what steps do to it."""
    begin, train = Run.__init__, Engine.train

    def __init__(self, *arguments, **settings):
        begin(self, *arguments, **settings)
        self.trace = self.declare("trace", Trace())

    def changed(self, *arguments):
        losses = train(self, *arguments)
        self._run.trace.see(losses)
        return losses

    monkeypatch.setattr(Run, "__init__", __init__)
    monkeypatch.setattr(Engine, "train", changed)


class At(fastbp.Callback):
    """Does something after so many steps."""

    def __init__(self, steps, action):
        self.steps, self.action = steps, action

    def steps_to_pause(self, run):
        return max(1, self.steps - run.steps)

    def on_pause(self, run):
        if run.steps == self.steps:
            self.action(run)


def killed_in_a_child(train):
    """Train in a child, which kills itself on the way."""
    child = os.fork()
    if child == 0:
        train()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def kill(run):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("steps", [5, 7, 17])
def test_a_piece_survives_a_kill(traced, tmp_path, steps):
    path, whole = tmp_path / "run.safetensors", make(threads=1)
    whole.fit(X, LABELS, epochs=4)
    checkpoint = fastbp.Checkpoint(path, every="1 step")
    killed_in_a_child(lambda: make(threads=1).fit(X, LABELS, epochs=4, callbacks=[At(steps, kill), checkpoint]))
    resumed = fastbp.Trainer.resume(path, threads=1)
    assert resumed.steps == steps - 1
    resumed.fit(X, LABELS, epochs=4 - resumed.epoch)
    assert resumed.run.trace.value == whole.run.trace.value
    assert bits(resumed) == bits(whole)


@pytest.mark.parametrize("steps", [5, 7, 17])
def test_a_piece_survives_divergence(traced, steps):
    def spoil(run):
        run.optimizer.learning_rate = run.optimizer.weight_decay = 3e38

    def stop(run):
        raise StopAsyncIteration

    trainer, twin = make("momentum"), make("momentum")
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError, match=f"step {steps + 1} "):
        trainer.fit(X, LABELS, epochs=4, callbacks=At(steps, spoil))
    with pytest.raises(StopAsyncIteration):
        twin.fit(X, LABELS, epochs=4, callbacks=At(steps, stop))
    assert trainer.run.trace.value == twin.run.trace.value != 0
    assert bits(trainer) == bits(twin)


def test_a_file_without_a_piece_lets_it_begin_anew(tmp_path, request):
    path = tmp_path / "run.safetensors"
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    trainer.save(path)
    request.getfixturevalue("traced")
    resumed = fastbp.Trainer.resume(path)
    assert resumed.run.trace.value == 0 and resumed.steps == trainer.steps


def test_every_piece_gives_back_what_it_was_given():
    trainer, other = make(), make(model_seed=1)
    trainer.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    trainer.fit(X, LABELS, epochs=1, callbacks=At(16, lambda run: None), time_limit=1e-9)
    for name, part in trainer.run.parts.items():
        other.run.parts[name].load_state(part.state())
    assert bits(other) == bits(trainer)


def test_what_is_kept_does_not_change_with_the_run():
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    copies, kept = Copies(), {name: part.keep() for name, part in trainer.run.by_steps.items()}
    before = bits(trainer)
    assert copies.take(trainer.run.numbers())
    trainer.step(X, LABELS)
    assert bits(trainer) != before
    for name, each in kept.items():
        trainer.run.parts[name].restore(each)
    copies.give_back(trainer.run.numbers())
    assert bits(trainer) == before


def test_callbacks_see_the_losses_of_the_epoch_so_far():
    seen = []
    trainer = make()
    trainer.fit(X, LABELS, epochs=1, callbacks=At(3, lambda run: seen.append(run.losses)))
    assert len(seen[0]) == 3 and trainer.run.losses.size == 0


def test_a_copy_of_the_optimizer_has_the_settings_of_its_time():
    run = make(optimizer=fastbp.SGD(0.5)).run
    for _ in range(2):  # before its settings are checked, and after
        kept = run.copy_of_optimizer()
        run.optimizer.learning_rate *= 2
        assert kept.learning_rate == run.optimizer.learning_rate / 2 == run.copy_of_optimizer().learning_rate / 2
        run.check_optimizer()


def test_what_is_scheduled_is_known_once_it_is_checked():
    run = make(optimizer=fastbp.SGD(0.5)).run
    run.check_optimizer()
    assert not run.scheduled
    run.optimizer.learning_rate = fastbp.Cosine(0.1)
    run.check_optimizer()
    assert run.scheduled == {"learning_rate": fastbp.Cosine(0.1)} and run.follows_plan
