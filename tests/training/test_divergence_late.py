"""Divergence that shows late, or not at all in the loss; and what is none."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, N, Recorder, StopAt, X, bits, make

import fastbp
from fastbp.training import guard

# A column of zeros but for one row: the gradient of its weights has a square too large for the type, and nothing else is.
LARGE = {"float32": 1e30, "float64": 1e200}
OPTIMIZERS = {"adam": fastbp.Adam, "adamw": fastbp.AdamW, "rmsprop": fastbp.RMSprop}


def data(dtype):
    clean = X.astype(float)
    clean[:, 0] = 0
    large = clean.copy()
    large[20, 0] = LARGE[dtype]
    return clean, large


def trained(optimizer, dtype, clean):
    """Two epochs of seven steps; the weights of the column stay 0."""
    model = fastbp.MLP([3, 6, 2], activation="tanh", dtype=dtype, seed=0)
    model.weights[0][0] = 0
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=OPTIMIZERS[optimizer](1e-3), batch_size=8, shuffle=False)
    trainer.fit(clean, TARGETS, epochs=2)
    return trainer


@pytest.mark.parametrize("dtype", LARGE)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_found_epochs_after_the_one_it_began_in(monkeypatch, optimizer, dtype):
    monkeypatch.setattr(guard, "_LOOK", 1e9)
    monkeypatch.setattr(guard, "_RARELY", 1e9)
    (clean, large), recorder = data(dtype), Recorder()
    trainer, twin = (trained(optimizer, dtype, clean) for _ in range(2))
    with pytest.raises(fastbp.DivergenceError, match=r"step 17 \(epoch 3\): the optimizer's running means are too large") as caught:
        trainer.fit(large, TARGETS, epochs=5, callbacks=recorder, validation_data=(clean, TARGETS))
    assert "and scaled inputs (they reach" in str(caught.value)
    assert max(epoch for _, _, epoch in recorder.calls) == 7, "it was to be found at the end"
    assert (trainer.steps, trainer.epoch, len(trainer.history)) == (16, 2, 2)
    twin.fit(large, TARGETS, epochs=5, callbacks=StopAt(16), validation_data=(clean, TARGETS))
    for each in (trainer, twin):
        assert each.run.is_finite()
        each.fit(clean, TARGETS, epochs=2)
    assert bits(trainer) == bits(twin)


def test_found_long_before_the_end_where_the_loss_shows_nothing():
    clean, large = data("float32")
    trainer, recorder = trained("adam", "float32", clean), Recorder()
    with pytest.raises(fastbp.DivergenceError, match="step 17 "):
        trainer.fit(large, TARGETS, epochs=50_000, callbacks=recorder)
    assert len(recorder.calls) < 25_000


@pytest.mark.parametrize("stop", [None, 17])
def test_a_single_step_goes_back_no_further_than_the_last_fit(stop):
    """Nor does it lose an epoch that the history holds, or the part of one."""
    trainer = make("adam", loss="squared_error")
    trainer.fit(X, TARGETS, epochs=5, callbacks=[StopAt(stop)] if stop else ())
    before, rate = bits(trainer), trainer.optimizer.learning_rate
    trainer.optimizer.learning_rate = 3e38
    with np.errstate(over="ignore"), pytest.raises(fastbp.DivergenceError):
        for _ in range(100):
            trainer.step(X, TARGETS)
    assert bits(trainer) == before
    trainer.optimizer.learning_rate = rate
    assert np.isfinite(trainer.step(X, TARGETS))


@pytest.mark.parametrize("value", [-1.0, 10**400, np.nan, "0.1", None])
def test_a_setting_that_a_callback_makes_bad_is_refused(value):
    class Careless(fastbp.Callback):
        def on_epoch_end(self, trainer):
            trainer.optimizer.learning_rate = value

    trainer, plain = make(), make()
    with pytest.raises((ValueError, TypeError), match="learning_rate is"):
        trainer.fit(X, LABELS, epochs=3, callbacks=Careless())
    plain.fit(X, LABELS, epochs=1)
    assert bits(trainer) == bits(plain) and trainer.history.stopped == "error"


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("batch_size", [1, 8, None])
@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e18), ("float64", 8e153)])
def test_losses_whose_sum_is_too_large_are_finite(dtype, scale, batch_size, validated):
    trainer, y = make("sgd", loss="squared_error", dtype=dtype, batch_size=batch_size), np.full((N, 2), scale)
    trainer.optimizer.learning_rate = 1e-30
    history = trainer.fit(X, y, epochs=9, validation_data=(X, TARGETS) if validated else None)
    assert history.stopped == "epochs" and len(history) == 9


def test_weights_whose_sum_is_too_large_are_finite():
    trainer = make("sgd")
    trainer.model.weights[0][:] = 3e38
    assert trainer.fit(X, LABELS, epochs=2).stopped == "epochs"
    assert (trainer.model.weights[0] > 2e38).all()
