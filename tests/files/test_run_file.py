"""A run that was saved and resumed is the run that was not, to the last bit."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from small_task import LABELS, OPTIMIZERS, TARGETS, StopAt, X, bits, make

import fastbp

STEPS_AN_EPOCH = 7


def resumed_after(trainer, steps, path, *data, epochs=3, threads=None, **arguments):
    """What becomes of a trainer that is stopped, saved, forgotten and resumed."""
    trainer.fit(*data, epochs=epochs, callbacks=StopAt(steps), **arguments)
    trainer.save(path)
    again = fastbp.Trainer.resume(path, threads)
    assert bits(again) == bits(trainer)
    again.fit(*data, epochs=epochs - again.epoch, **arguments)
    return again


@pytest.mark.parametrize("steps", [1, 7, 10, 20])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on_to_the_same_bits(tmp_path, optimizer, dtype, steps):
    plain, stopped = make(optimizer, dtype=dtype), make(optimizer, dtype=dtype)
    plain.fit(X, LABELS, epochs=3)
    again = resumed_after(stopped, steps, tmp_path / "run", X, LABELS, threads=1 + steps % 2)
    assert bits(again) == bits(plain)
    assert again.steps == 3 * STEPS_AN_EPOCH


@pytest.mark.parametrize(
    ("loss", "y"), [("squared_error", TARGETS), ("binary_cross_entropy", TARGETS > 0), ("cross_entropy", np.eye(2)[LABELS])]
)
@pytest.mark.parametrize("training", [{"batch_size": 1}, {"batch_size": None}, {"shuffle": False}, {"batch_size": 49}], ids=str)
def test_losses_and_batches(tmp_path, loss, y, training):
    data = {"sample_weight": np.linspace(0.5, 2, len(X)), "validation_data": (X, y)}
    plain, stopped = (make("momentum", loss=loss, **training) for _ in range(2))
    plain.fit(X, y, epochs=3, **data)
    assert bits(resumed_after(stopped, 2, tmp_path / "run", X, y, **data)) == bits(plain)


@settings(max_examples=25)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=3), st.integers(1, 60), st.integers(1, 40), st.sampled_from(list(OPTIMIZERS)))
def test_any_net_stopped_anywhere(tmp_path_factory, hidden, batch_size, steps, optimizer):
    def trainer():
        return fastbp.Trainer(
            fastbp.MLP([3, *hidden, 2], seed=1), loss="cross_entropy", optimizer=OPTIMIZERS[optimizer](), batch_size=batch_size, seed=2
        )

    plain = trainer()
    plain.fit(X, LABELS, epochs=3)
    assert bits(resumed_after(trainer(), steps, tmp_path_factory.mktemp("run") / "run", X, LABELS)) == bits(plain)


def test_a_run_may_be_resumed_again_and_again(tmp_path):
    plain, trainer = make(), make()
    plain.fit(X, LABELS, epochs=4)
    for steps in (3, 5, 7, 16, 28):
        trainer.fit(X, LABELS, epochs=4 - trainer.epoch, callbacks=StopAt(steps))
        trainer.save(tmp_path / "run")
        trainer = fastbp.Trainer.resume(tmp_path / "run")
    assert bits(trainer) == bits(plain)


def test_all_settings_and_the_history_come_back(tmp_path):
    model = fastbp.MLP([3, 6, 5, 2], activation=["tanh", fastbp.LeakyReLU(0.2)], dtype="float64", seed=7)
    optimizer = fastbp.RMSprop(0.02, alpha=0.9, momentum=0.5, centered=True)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer, batch_size=11, shuffle=False, seed=9)
    trainer.fit(X, TARGETS, epochs=1)
    trainer.fit(X, TARGETS, epochs=1, validation_data=(X, TARGETS))
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run", threads=1)
    assert repr(again) == repr(trainer) and again.history == trainer.history and again.history.val_loss[0] is None
    for name in ("seed", "shuffle", "batch_size", "precision", "epoch", "steps", "optimizer", "loss"):
        assert getattr(again, name) == getattr(trainer, name), name
    assert (again.threads, again.model.seed, again.model.activations) == (1, 7, model.activations)
    again.save(tmp_path / "again")
    once, twice = (load_file(tmp_path / name) for name in ("run", "again"))
    assert {name: array.tobytes() for name, array in once.items()} == {name: array.tobytes() for name, array in twice.items()}


def test_a_trainer_that_has_not_trained(tmp_path):
    plain, other = make(), make()
    other.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    for trainer in (plain, again):
        trainer.fit(X, LABELS, epochs=2)
    assert bits(again) == bits(plain)


def test_settings_changed_on_the_way_and_numbers_of_numpy(tmp_path):
    def first(trainer):
        trainer.fit(X, LABELS, epochs=1)
        trainer.optimizer = fastbp.Adam(np.float32(0.1), beta_1=np.float32(0.7))
        trainer.fit(X, LABELS, epochs=1)
        trainer.optimizer.learning_rate = np.float64(0.003)

    plain, stopped = make("momentum"), make("momentum")
    first(plain)
    first(stopped)
    plain.fit(X, LABELS, epochs=1)
    assert bits(resumed_after(stopped, 20, tmp_path / "run", X, LABELS)) == bits(plain)


def test_a_run_file_holds_the_model(tmp_path):
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    trainer.save(tmp_path / "run")
    assert fastbp.MLP.load(tmp_path / "run").predict(X).tobytes() == trainer.model.predict(X).tobytes()
    assert {"weights.0", "optimizer.1.biases.1", "history.loss"} <= set(load_file(tmp_path / "run"))


def test_an_optimizer_of_the_users_own_is_refused(tmp_path):
    class Mine(fastbp.SGD):
        pass

    with pytest.raises(TypeError, match="optimizer is of type Mine; a file can hold sgd"):
        make(Mine()).save(tmp_path / "run")
    assert os.listdir(tmp_path) == []


def _with_another_number(x, y):
    """One in the middle."""
    x = x.copy()
    x[17, 1] += 1e-3
    return x, y


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda x, y: (x + 1, y), "X holds other numbers"),
        (lambda x, y: (x.astype("f8"), y), "X is float64"),
        (lambda x, y: (x[:-1], y[:-1]), r"\(49, 3\)"),
        (lambda x, y: (x, 1 - y), "y holds other numbers"),
        (_with_another_number, "X holds other numbers"),
    ],
)
def test_other_data_are_warned_of_once(tmp_path, change, what):
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    trainer.save(tmp_path / "run")
    again = fastbp.Trainer.resume(tmp_path / "run")
    with pytest.warns(UserWarning, match=f"not those of the run that was resumed: .*{what}"):
        again.fit(*change(X, LABELS), epochs=1)
    again.fit(*change(X, LABELS), epochs=1)
