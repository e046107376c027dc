"""A state may have been kept between the last step of an epoch and its end: going back to it must not lose or repeat that epoch."""

import numpy as np
import pytest
from small_task import LABELS, OPTIMIZERS, TooFast, X, bits, make

import fastbp
from fastbp.training import guard


@pytest.fixture(autouse=True)
def keep_every_state(monkeypatch):
    monkeypatch.setattr(guard, "_RARELY", 0)
    monkeypatch.setattr(guard, "_KEEP", 0)


@pytest.mark.parametrize("batch_size", [8, None])
@pytest.mark.parametrize("later", [0, 1])
def test_divergence_after_the_end_of_an_epoch(batch_size, later):
    trainer, plain = (make("momentum", batch_size=batch_size) for _ in range(2))
    steps = 2 * (7 if batch_size else 1) + later
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError, match=f"diverged at step {steps + 1} "):
        trainer.fit(X, LABELS, epochs=9, callbacks=TooFast(steps))
    assert trainer.steps == steps
    assert trainer.epoch == len(trainer.history) == (2 + later if batch_size is None else 2)
    trainer.optimizer = OPTIMIZERS["momentum"]()
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=4 - each.epoch)
    assert bits(trainer) == bits(plain)


class Spoil(fastbp.Callback):
    """Writes a NaN into the weights after so many steps."""

    def __init__(self, steps):
        self.steps = steps

    def steps_to_pause(self, trainer):
        return 1

    def on_pause(self, trainer):
        if trainer.steps == self.steps:
            trainer.model.weights[0][0] = np.nan


@pytest.mark.parametrize("seldom", [False, True])
@pytest.mark.parametrize("batch_size", [8, None])
@pytest.mark.parametrize("steps", range(1, 16))
def test_an_epoch_is_counted_when_the_history_holds_it(monkeypatch, steps, batch_size, seldom):
    """Found before the next step, and the steps up to there go well when they are repeated: the epoch may have yet to end."""
    monkeypatch.setattr(guard, "_RARELY", 1e9 if seldom else 0)
    trainer, plain = (make(batch_size=batch_size) for _ in range(2))
    with pytest.raises(fastbp.DivergenceError, match=r"weights of layer 0 were not finite before step \d+ "):
        trainer.fit(X, LABELS, epochs=16, callbacks=Spoil(steps), validation_data=(X, LABELS))
    assert len(trainer.history) == trainer.epoch
    for each in (trainer, plain):
        each.fit(X, LABELS, epochs=16 - each.epoch, validation_data=(X, LABELS))
    assert len(trainer.history) == trainer.epoch == 16
    assert bits(trainer) == bits(plain)


@pytest.mark.parametrize("average", [None, "ema"])
def test_a_fit_does_not_begin_with_a_memory_that_is_not_finite(average):
    trainer = make("adam", average=average)
    trainer.fit(X, LABELS, epochs=1)
    trainer.run.averages.hide()
    (trainer.run.averages.flat if average else trainer.run.memory.slots[1])[3] = np.inf
    before = bits(trainer)
    with pytest.raises(ValueError, match="what the optimizer remembers, or an average, holds a number that is not finite"):
        trainer.fit(X, LABELS, epochs=1)
    assert bits(trainer) == before
