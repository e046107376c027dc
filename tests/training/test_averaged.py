"""Averages of the weights in a run: what the model has when, and that they survive whatever the run survives."""

import numpy as np
import pytest

import fastbp

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(96, 4)).astype(np.float32), RANDOM.normal(size=(96, 2)).astype(np.float32)


class Watch(fastbp.Callback):
    """The weights after each epoch, as training has them."""

    def __init__(self):
        self.seen = []

    def on_epoch_end(self, run):
        self.seen.append(run.model.network.parameters.copy())


class StopAfter(fastbp.Callback):
    def __init__(self, steps):
        self.steps = steps

    def steps_to_pause(self, run):
        return max(1, self.steps - run.steps)

    def on_pause(self, run):
        return run.steps >= self.steps


def trainer_of(average, **settings):
    settings = {"optimizer": "adam", "batch_size": 96, "seed": 0} | settings
    return fastbp.Trainer(fastbp.MLP([4, 9, 2], activation="tanh", seed=0), loss="squared_error", average=average, **settings)


def bits(trainer):
    return trainer.model.network.parameters.tobytes()


def test_the_model_has_the_average_when_fit_has_ended():
    watch, trainer = Watch(), trainer_of(fastbp.EMA(0.8))
    trainer.fit(X, Y, epochs=6, callbacks=watch)
    wanted = watch.seen[0].astype(float)
    for weights in watch.seen[1:]:
        wanted = 0.8 * wanted + 0.2 * weights
    np.testing.assert_allclose(trainer.model.network.parameters, wanted, rtol=1e-5, atol=1e-7)


def test_training_goes_on_as_if_there_were_no_average():
    watches = [Watch(), Watch()]
    for average, watch in zip((None, "ema"), watches, strict=True):
        trainer = trainer_of(average)
        for _ in range(2):
            trainer.fit(X, Y, epochs=3, callbacks=watch)
    assert all(np.array_equal(a, b) for a, b in zip(*(watch.seen for watch in watches), strict=True))


def test_validation_is_of_the_average():
    trainer = trainer_of("ema")
    history = trainer.fit(X, Y, epochs=4, validation_data=(X, Y))
    assert history.val_loss[-1] == pytest.approx(trainer.evaluate(X, Y)["loss"], rel=1e-6)
    assert history.val_loss[-1] != pytest.approx(history.loss[-1], rel=1e-3)


@pytest.mark.parametrize("average", [fastbp.EMA(0.9), fastbp.SWA(start=0.5, every=2)])
def test_a_run_that_is_stopped_saved_and_resumed_has_the_same_bits(average, tmp_path):
    settings = {"batch_size": 32, "optimizer": fastbp.NAdam(fastbp.OneCycle(0.01), clip_norm=0.5)}
    whole, stopped = trainer_of(average, **settings), trainer_of(average, **settings)
    whole.fit(X, Y, epochs=6)
    stopped.fit(X, Y, epochs=6, callbacks=[StopAfter(8), fastbp.Checkpoint(tmp_path / "run", every="4 steps")])
    for save in (lambda: None, lambda: stopped.save(tmp_path / "run")):
        save()
        resumed = fastbp.Trainer.resume(tmp_path / "run")
        assert bits(resumed) == bits(stopped) and resumed.average == average
        resumed.fit(X, Y, epochs=6 - resumed.epoch)
        assert bits(resumed) == bits(whole)


def test_a_divergence_leaves_an_average_that_is_finite():
    trainer = trainer_of("ema", optimizer=fastbp.SGD(1e30))
    with pytest.raises(fastbp.DivergenceError):
        trainer.fit(X, Y, epochs=50)
    assert np.isfinite(trainer.model.predict(X)).all()


def test_single_steps_have_the_weights_themselves():
    plain, averaged = trainer_of(None), trainer_of("ema")
    for trainer in (plain, averaged):
        for _ in range(3):
            trainer.step(X[:5], Y[:5])
    assert bits(plain) == bits(averaged)
    averaged.fit(X, Y, epochs=2)
    averaged.step(X[:5], Y[:5])
    plain.fit(X, Y, epochs=2)
    plain.step(X[:5], Y[:5])
    assert bits(plain) == bits(averaged)


def test_batches_accumulate():
    one, four = trainer_of(None, batch_size=64, shuffle=False), trainer_of(None, batch_size=16, accumulate=4, shuffle=False)
    for trainer in (one, four):
        trainer.fit(X, Y, epochs=3)
    assert bits(one) == bits(four) and one.steps == four.steps == 6
    with pytest.raises(ValueError, match="accumulate"):
        trainer_of(None, accumulate=0)
