"""A run that was saved and resumed is the run that was not, to the last bit."""

import errno
import os
import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from small_task import LABELS, OPTIMIZERS, TARGETS, Recorder, StopAt, X, bits, make

import fastbp
from fastbp.callbacks import checkpoint as checkpoint_module

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


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda x, y: (x + 1, y), "other values"),
        (lambda x, y: (x.astype("f8"), y), "X float64"),
        (lambda x, y: (x[:-1], y[:-1]), r"\(49, 3\)"),
        (lambda x, y: (x, 1 - y), "other values"),
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


# The callback


def steps_in(path):
    return fastbp.Trainer.resume(path).steps


class Seen(fastbp.Callback):
    """Writes down which step the newest checkpoint holds, after every pause."""

    def __init__(self, path):
        self.path, self.steps = path, []

    def on_pause(self, trainer):
        if self.path.exists():
            self.steps.append(steps_in(self.path))


@pytest.mark.parametrize(("every", "wanted"), [("3 steps", [3, 6, 9, 12, 15, 18, 21]), ("2 epochs", [14, 21]), ("1 epoch", [7, 14, 21])])
def test_steps_and_epochs_are_hit_exactly(tmp_path, every, wanted):
    path, plain, trainer = tmp_path / "run.safetensors", make(), make()
    seen = Seen(path)
    plain.fit(X, LABELS, epochs=3)
    trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(path, every=every), seen])
    assert bits(trainer) == bits(plain) == bits(fastbp.Trainer.resume(path))
    assert sorted({*seen.steps, steps_in(path)}) == wanted
    assert os.listdir(tmp_path) == ["run.safetensors"]


def test_steps_are_counted_from_the_start_of_the_run(tmp_path):
    path, trainer = tmp_path / "run", make()
    trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(path, "4 steps"), StopAt(6)])
    again, seen = fastbp.Trainer.resume(path), Seen(path)
    again.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(path, "4 steps"), seen])
    assert sorted(set(seen.steps)) == [6, 8, 12, 16, 20] and steps_in(path) == 21


def test_seconds(tmp_path, monkeypatch):
    clock = iter(range(0, 10_000, 4))
    monkeypatch.setattr(checkpoint_module.time, "monotonic", lambda: next(clock))
    seen = Seen(tmp_path / "run")
    callbacks = [fastbp.Checkpoint(tmp_path / "run", "10 s"), StopAt(1), StopAt(2), StopAt(3), StopAt(4), seen]
    trainer = make()
    for _ in range(4):
        trainer.fit(X, LABELS, epochs=1, callbacks=callbacks)
    assert steps_in(tmp_path / "run") == trainer.steps


@pytest.mark.parametrize("links", [True, False])
def test_the_last_few_are_kept(tmp_path, monkeypatch, links):
    def refuse(*arguments):
        raise OSError(95, "Operation not supported")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "run.safetensors"
    make().fit(X, LABELS, epochs=3, callbacks=fastbp.Checkpoint(path, "5 steps", keep=3))
    names = [f"run-{steps:09d}.safetensors" for steps in (15, 20, 21)]
    assert sorted(os.listdir(tmp_path)) == [*names, "run.safetensors"]
    assert [steps_in(tmp_path / name) for name in names] == [15, 20, 21] and steps_in(path) == 21


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_and_writes(tmp_path, number):
    class Signal(fastbp.Callback):
        def on_pause(self, trainer):
            if trainer.steps == 9:
                os.kill(os.getpid(), number)

        def steps_to_pause(self, trainer):
            return 1

    plain, trainer = make(), make()
    plain.fit(X, LABELS, epochs=3)
    history = trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(tmp_path / "run", "1 h"), Signal()])
    assert history.stopped == {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    again = fastbp.Trainer.resume(tmp_path / "run")
    assert (again.steps, again.epoch) == (9, 1)
    again.fit(X, LABELS, epochs=2)
    assert bits(again) == bits(plain)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_written_when_another_callback_fails(tmp_path):
    trainer = make()
    with pytest.raises(RuntimeError, match="bad failed"):
        trainer.fit(X, LABELS, epochs=3, callbacks=[fastbp.Checkpoint(tmp_path / "run", "1 h"), Recorder("bad", fail="epoch")])
    assert trainer.history.stopped == "error" and bits(fastbp.Trainer.resume(tmp_path / "run")) == bits(trainer)


def test_a_new_run_does_not_lose_the_one_that_is_there(tmp_path):
    path = tmp_path / "run.safetensors"
    make().fit(X, LABELS, epochs=3, callbacks=fastbp.Checkpoint(path))
    with pytest.warns(UserWarning, match=r"begins at step 0.*kept as .*run-before\.safetensors"):
        make().fit(X, LABELS, epochs=1, callbacks=fastbp.Checkpoint(path))
    assert (steps_in(path), steps_in(tmp_path / "run-before.safetensors")) == (7, 21)


@pytest.mark.parametrize("last_write_failed", [False, True])
def test_a_fit_that_fails_before_it_begins_overwrites_nothing(tmp_path, monkeypatch, last_write_failed):
    def full(path, *pieces):
        raise OSError(errno.ENOSPC, "no space")

    path = tmp_path / "run"
    make().fit(X, LABELS, epochs=3, callbacks=fastbp.Checkpoint(path))
    content, checkpoint = path.read_bytes(), fastbp.Checkpoint(path, "1 h")
    if last_write_failed:
        with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
            patch.setattr(checkpoint_module, "write_atomically", full)
            fastbp.Trainer.resume(path).fit(X, LABELS, epochs=1, callbacks=checkpoint)
    with pytest.raises(RuntimeError, match="bad failed"):
        make().fit(X, LABELS, epochs=1, callbacks=[Recorder("bad", fail="begin"), checkpoint])
    assert path.read_bytes() == content


def test_leftovers_of_killed_writers_are_removed_once_they_are_old(tmp_path):
    old, young, other = (tmp_path / name for name in (".run.0123456789abcdef", ".run.fedcba9876543210", ".ruin.0123456789abcdef"))
    for path in (old, young, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (1, 1))
    make().save(tmp_path / "run")
    assert not old.exists() and young.exists() and other.exists()
