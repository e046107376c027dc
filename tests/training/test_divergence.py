"""Training that leaves the range of its numbers ends with the last finite weights, and says where."""

import pickle

import numpy as np
import pytest
from small_task import LABELS, OPTIMIZERS, TARGETS, Recorder, StopAt, X, bits, make

import fastbp

HUGE = TARGETS * 1e12


def diverging(rate, *, sizes=(3, 6, 2), activation="relu", loss="squared_error", optimizer=fastbp.SGD, batch_size=8, dtype="float32"):
    model = fastbp.MLP(sizes, activation=activation, dtype=dtype, seed=0)
    return fastbp.Trainer(model, loss=loss, optimizer=optimizer(rate), batch_size=batch_size, seed=0)


def error_of(trainer, *data, **arguments):
    with pytest.raises(fastbp.DivergenceError) as raised:
        trainer.fit(*data, **{"epochs": 1000} | arguments)
    return raised.value


def assert_stopped_before(error, trainer, twin, *data):
    """The trainer is where a twin is that was stopped right before the step that went wrong."""
    assert trainer.steps == error.step - 1 and trainer.history.stopped == "diverged"
    assert len(trainer.history) == trainer.epoch and np.isfinite(trainer.model.network.parameters).all()
    if trainer.steps:
        twin.fit(*data, epochs=1000, callbacks=StopAt(trainer.steps))
    assert bits(trainer) == bits(twin)
    assert f"step {error.step} (epoch {trainer.epoch + 1})" in str(error) and f"layer {error.layer}" in str(error)
    assert f"learning_rate (it is {trainer.optimizer.learning_rate:g})" in str(error)


CASES = {
    "sgd": {"rate": 1e3},
    "momentum": {"rate": 100, "optimizer": lambda rate: fastbp.SGD(rate, momentum=0.9)},
    "adam": {"rate": 1e15, "optimizer": fastbp.Adam},
    "rmsprop": {"rate": 1e15, "optimizer": fastbp.RMSprop},
    "adamw": {"rate": 1e15, "optimizer": fastbp.AdamW},
    "deep": {"rate": 50, "sizes": (3, 8, 8, 8, 2)},
    "float64": {"rate": 1e3, "dtype": "float64"},
    "late": {"rate": 1.7, "sizes": (3, 2), "activation": ()},
}


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("batch_size", [8, 50, None])
@pytest.mark.parametrize("case", CASES)
def test_the_weights_of_before_the_step_are_kept(case, batch_size, watched):
    trainer, twin = (diverging(**CASES[case], batch_size=batch_size) for _ in range(2))
    error = error_of(trainer, X, TARGETS, callbacks=fastbp.Callback() if watched else ())
    assert_stopped_before(error, trainer, twin, X, TARGETS)


def test_late_divergence_is_late():
    error = error_of(diverging(**CASES["late"]), X, TARGETS)
    assert error.step > 50


def test_training_goes_on_with_a_smaller_rate():
    trainer, twin = diverging(3e38), diverging(3e38)
    error = error_of(trainer, X, TARGETS)
    assert error.step == 1 and "the update makes weights of layer 0 too large for float32" in str(error)
    for each in (trainer, twin):
        each.optimizer.learning_rate = 0.01
        each.fit(X, TARGETS, epochs=2)
    assert bits(trainer) == bits(twin) and trainer.history.stopped == "epochs"


def test_a_loss_too_large_is_told_as_such():
    error = error_of(diverging(1e-30), X, TARGETS * 1e20)
    assert error.step == 1 and error.layer == 1 and "the loss is inf" in str(error)


def test_inputs_that_want_scaling_are_pointed_out():
    assert "scaled inputs (they reach" in str(error_of(diverging(1.0), X * 1e4, TARGETS))


def test_targets_that_want_scaling_are_pointed_out():
    large = error_of(diverging(1.0), X, TARGETS * 1e4)
    assert "scaled targets (they reach" in str(large) and "scaled inputs" not in str(large)
    assert "scaled targets" not in str(error_of(diverging(1e3), X, TARGETS))
    both = error_of(diverging(1.0), X * 1e4, TARGETS * 1e4)
    assert "scaled inputs (they reach" in str(both) and ", and scaled targets (they reach" in str(both)


def test_targets_that_are_missing_are_not_large():
    trainer = fastbp.Trainer(fastbp.MLP([3, 6, 2], activation="relu", seed=0), loss="huber", optimizer="sgd", missing_targets="ignore")
    trainer.optimizer.learning_rate = 3e38
    assert "scaled targets" not in str(error_of(trainer, X, np.where(TARGETS > 0, np.nan, TARGETS)))


def test_labels_are_not_scaled():
    trainer = diverging(3e38, sizes=(3, 6, 2000), loss="cross_entropy")
    assert "scaled targets" not in str(error_of(trainer, X, LABELS + 1500))


@pytest.mark.parametrize("layer", [0, 2])
def test_weights_that_a_callback_spoils_are_told_as_such(layer):
    """A relu may hide the NaN from the loss; no smaller learning rate would help."""
    trainer, twin = (diverging(0.01, sizes=(3, 6, 6, 2)) for _ in range(2))

    class Spoil(fastbp.Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 2:
                trainer.model.weights[layer][0, 0] = np.nan

    twin.fit(X, TARGETS, epochs=2)
    error = error_of(trainer, X, TARGETS, epochs=3, callbacks=Spoil())
    assert bits(trainer) == bits(twin), "the steps before it were well"
    assert (error.layer, error.step) == (layer, twin.steps + 1) and "learning_rate" not in str(error)
    assert f"weights of layer {layer} were not finite before step {error.step} (epoch 3): they were changed from outside" in str(error)


def test_weights_that_a_callback_spoils_after_the_last_step_are_told_as_such():
    class Spoil(fastbp.Callback):
        def on_epoch_end(self, run):
            run.model.biases[1][0] = np.inf

    error = error_of(diverging(0.01), X, TARGETS, epochs=1, callbacks=Spoil())
    assert error.layer == 1 and "weights of layer 1 were not finite before step 8" in str(error)


def test_a_memory_that_a_callback_spoils_is_told_without_advice():
    """The steps go well when they are made again, and the weights are finite."""

    class Spoil(fastbp.Callback):
        def on_epoch_end(self, run):
            run.memory.slots[:] = np.nan

    error = error_of(diverging(0.01, optimizer=fastbp.Adam), X, TARGETS, epochs=1, callbacks=Spoil())
    assert error.layer is None and "but not when the steps were made again" in str(error) and "learning_rate" not in str(error)


def test_weights_that_are_not_finite_to_begin_with_are_refused():
    trainer = diverging(0.1)
    trainer.model.weights[1][2, 0] = np.inf
    before = bits(trainer)
    for call in (lambda: trainer.fit(X, TARGETS, epochs=1), lambda: trainer.step(X, TARGETS)):
        with pytest.raises(ValueError, match=r"model.weights\[1\] holds a number that is not finite"):
            call()
    assert bits(trainer) == before


def test_single_steps():
    trainer = diverging(1e3)
    with pytest.raises(fastbp.DivergenceError) as raised:
        for _ in range(100):
            trainer.step(X, TARGETS)
    assert np.isfinite(trainer.model.network.parameters).all() and trainer.steps < raised.value.step
    trainer = diverging(3e38)
    with pytest.raises(fastbp.DivergenceError):
        trainer.step(X, TARGETS)
        trainer.step(X, TARGETS)
    trainer.optimizer.learning_rate = 0.01
    assert trainer.steps == 0 and np.isfinite(trainer.step(X, TARGETS))


def test_the_callbacks_hear_of_the_end_and_the_checkpoint_is_finite(tmp_path):
    trainer, recorder = diverging(1e3), Recorder()
    error_of(trainer, X, TARGETS, callbacks=[recorder, fastbp.Checkpoint(tmp_path / "run", "1 steps")])
    assert recorder.calls[-1][1] == "end"
    assert bits(fastbp.Trainer.resume(tmp_path / "run")) == bits(trainer)


def test_the_last_checkpoint_before_the_end_stays(tmp_path):
    trainer = diverging(**CASES["late"])
    error_of(trainer, X, TARGETS, callbacks=fastbp.Checkpoint(tmp_path / "run", "20 steps"))
    assert fastbp.Trainer.resume(tmp_path / "run").steps == trainer.steps // 20 * 20


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_sane_training_is_left_alone(optimizer):
    trainer = make(optimizer)
    assert np.isfinite(trainer.fit(X, LABELS, epochs=50).loss).all()


def test_losses_that_are_large_but_finite_are_no_divergence():
    trainer = diverging(1e-30, batch_size=1)
    history = trainer.fit(X, np.full_like(TARGETS, 1e19 / 2), epochs=2)
    assert history.loss[-1] > 1e37


def test_validation_data_may_be_beyond_the_range():
    with np.errstate(over="ignore"):
        history = diverging(1e-30).fit(X, TARGETS, epochs=2, validation_data=(X, TARGETS * 1e25))
    assert history.val_loss == [np.inf, np.inf] and history.stopped == "epochs"


def test_the_error_can_be_sent_to_another_process():
    error = error_of(diverging(1e3), X, TARGETS)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.step, again.layer) == (str(error), error.step, error.layer)


@pytest.mark.parametrize("every", [1, 3])
def test_settings_that_a_callback_changes_are_followed(every):
    """The rate grows with each epoch, until it is too large: the steps can be repeated only with the rate of their time."""

    class Warmer(fastbp.Callback):
        def on_epoch_end(self, trainer):
            if trainer.epoch % every == 0:
                trainer.optimizer.learning_rate *= 3

    trainer, twin = diverging(1e-4), diverging(1e-4)
    error = error_of(trainer, X, TARGETS, callbacks=Warmer())
    twin.fit(X, TARGETS, epochs=1000, callbacks=[Warmer(), StopAt(error.step - 1)])
    assert error.layer is not None and trainer.epoch > 2 * every
    assert bits(trainer) == bits(twin) and trainer.optimizer == twin.optimizer


def test_the_history_of_a_fit_before_stays():
    trainer = diverging(1e-3)
    trainer.fit(X, TARGETS, epochs=3)
    trainer.optimizer.learning_rate = 1e3
    error_of(trainer, X, TARGETS)
    assert len(trainer.history) == trainer.epoch >= 3
