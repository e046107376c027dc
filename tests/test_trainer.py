"""What `Trainer` promises: runs that go on, stop, report and repeat themselves bit for bit."""

import inspect
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_moons

import fastbp

RANDOM = np.random.default_rng(0)
N = 50
X = RANDOM.normal(size=(N, 3)).astype(np.float32)
LABELS = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
TARGETS = np.stack([X[:, 0] - X[:, 2], X[:, 1] ** 2], axis=1)

OPTIMIZERS = {
    "sgd": lambda: fastbp.SGD(0.1),
    "momentum": lambda: fastbp.SGD(0.1, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda: fastbp.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: fastbp.RMSprop(0.01),
    "rmsprop_centered": lambda: fastbp.RMSprop(0.01, momentum=0.5, centered=True, weight_decay=1e-3),
    "adam": lambda: fastbp.Adam(0.01, weight_decay=1e-3),
    "adamw": lambda: fastbp.AdamW(0.01),
}


def make(optimizer="adam", *, loss="cross_entropy", batch_size=8, model_seed=0, dtype="float32", **settings):
    model = fastbp.MLP([3, 6, 2], activation="tanh", dtype=dtype, seed=model_seed)
    given = OPTIMIZERS[optimizer]() if isinstance(optimizer, str) else optimizer
    return fastbp.Trainer(model, loss=loss, optimizer=given, batch_size=batch_size, **({"seed": 0} | settings))


def bits(trainer):
    """All that a run may leave behind but its times."""
    history = trainer.history
    losses = history.loss, history.val_loss, history.val_accuracy
    return trainer.steps, trainer.epoch, losses, trainer.model.network.parameters.tobytes(), trainer._memory.slots.tobytes()


class Recorder(fastbp.Callback):
    """Writes down what it is called for; stops after epoch `stop`; fails where asked."""

    def __init__(self, name="", calls=None, stop=None, fail=None):
        self.name, self.calls, self.stop, self.fail = name, [] if calls is None else calls, stop, fail

    def note(self, event, trainer):
        self.calls.append((self.name, event, trainer.epoch))
        if event == self.fail:
            raise RuntimeError(f"{self.name} failed")

    def on_fit_begin(self, trainer):
        self.note("begin", trainer)

    def on_epoch_end(self, trainer):
        self.note("epoch", trainer)
        return trainer.epoch == self.stop

    def on_fit_end(self, trainer):
        self.note("end", trainer)


# Fit again


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fit_again_goes_on_where_it_stands(optimizer):
    whole, parts = make(optimizer), make(optimizer)
    whole.fit(X, LABELS, epochs=5, validation_data=(X, LABELS))
    parts.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    history = parts.fit(X, LABELS, epochs=2, validation_data=(X, LABELS))
    assert bits(parts) == bits(whole)
    assert history is parts.history and len(history) == parts.epoch == 5


@pytest.mark.parametrize("batch_size", [1, 7, 8, 50, 51, 10**9, None])
def test_steps_of_an_epoch(batch_size):
    trainer = make(batch_size=batch_size)
    trainer.fit(X, LABELS, epochs=2)
    assert trainer.steps == 2 * -(-N // (batch_size or N))
    assert trainer.epoch == 2


def test_a_batch_larger_than_the_data_is_the_data():
    runs = [make(batch_size=size) for size in (None, N, 10**9)]
    for trainer in runs:
        trainer.fit(X, LABELS, epochs=3)
    assert bits(runs[0]) == bits(runs[1]) == bits(runs[2])


def test_no_epochs_are_no_change():
    trainer = make()
    before = bits(trainer)
    history = trainer.fit(X, LABELS, epochs=0)
    assert bits(trainer) == before and len(history) == 0 and history.stopped == "epochs"


def test_fit_on_other_data_starts_a_new_epoch():
    trainer = make(batch_size=8)
    trainer.fit(X, LABELS, epochs=1)
    trainer.fit(X[:9], LABELS[:9], epochs=1)
    assert (trainer.steps, trainer.epoch) == (7 + 2, 2)


# Order of the rows


def orders(epochs, **settings):
    """The rows of each epoch in the order of their visits.

    A row feeds a weight of its own; the common bias takes a tenth of the error with every step, so a later visit gives a smaller weight.
    """
    n = 12
    model = fastbp.MLP([n, 1], init="zeros", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.05), batch_size=1, **settings)
    found = []
    for _ in range(epochs):
        model.network.parameters[:] = 0
        trainer.fit(np.eye(n), np.ones(n), epochs=1)
        weights = model.weights[0][:, 0]
        assert_allclose(np.sort(weights)[::-1], 0.1 * 0.9 ** np.arange(n), rtol=1e-5)  # one visit each
        found.append(tuple(np.argsort(-weights)))
    return found


def test_each_epoch_visits_each_row_once():
    assert all(sorted(order) == list(range(12)) for order in orders(3, seed=0))


def test_orders_differ_by_epoch_and_follow_the_seed():
    first, again, other = orders(4, seed=0), orders(4, seed=0), orders(4, seed=1)
    assert len(set(first)) == 4
    assert first == again
    assert not set(first) & set(other)


def test_without_shuffling_the_order_is_the_datas():
    assert orders(3, seed=0, shuffle=False) == [tuple(range(12))] * 3


def test_without_a_seed_trainers_differ():
    assert make(seed=None).seed != make(seed=None).seed


def test_seeds_reproduce_every_bit():
    runs = [make(seed=seed) for seed in (3, 3, 4)]
    for trainer in runs:
        trainer.fit(X, LABELS, epochs=2)
    assert bits(runs[0]) == bits(runs[1]) != bits(runs[2])


# Single calls


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_step_is_a_fit_of_one_batch(optimizer):
    fitted, stepped = make(optimizer, batch_size=None), make(optimizer, batch_size=None)
    fitted.fit(X, LABELS, epochs=3)
    losses = [stepped.step(X, LABELS) for _ in range(3)]
    assert losses == fitted.history.loss
    assert bits(stepped)[3:] == bits(fitted)[3:]
    assert (stepped.steps, stepped.epoch, len(stepped.history)) == (3, 0, 0)


def test_steps_over_batches_are_an_epoch():
    fitted, stepped = make(shuffle=False), make(shuffle=False)
    fitted.fit(X, LABELS, epochs=1)
    for first in range(0, N, 8):
        stepped.step(X[first : first + 8], LABELS[first : first + 8])
    assert bits(stepped)[3:] == bits(fitted)[3:]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_loss_and_gradients_change_nothing(optimizer):
    watched, plain = make(optimizer), make(optimizer)
    for trainer in (watched, plain):
        trainer.fit(X, LABELS, epochs=1)
    before = bits(watched)
    first = watched.loss_and_gradients(X, LABELS)
    again = watched.loss_and_gradients(X, LABELS)
    assert bits(watched) == before
    assert first[0] == again[0] and all(np.array_equal(a, b) for a, b in zip(first[1] + first[2], again[1] + again[2], strict=True))
    for trainer in (watched, plain):
        trainer.fit(X, LABELS, epochs=1)
    assert bits(watched) == bits(plain)


def test_gradients_have_the_shapes_of_the_parameters_and_are_the_callers():
    trainer = make("sgd")
    loss, weights, biases = trainer.loss_and_gradients(X, LABELS)
    assert type(loss) is float
    assert [g.shape for g in weights] == [w.shape for w in trainer.model.weights]
    assert [g.shape for g in biases] == [b.shape for b in trainer.model.biases]
    kept = weights[0].copy()
    trainer.loss_and_gradients(X[:5], LABELS[:5])
    assert np.array_equal(weights[0], kept)


def test_sgd_step_follows_the_gradient():
    trainer = make(fastbp.SGD(0.5), batch_size=None, dtype="float64")
    before = [w.copy() for w in trainer.model.weights]
    loss, gradients, _ = trainer.loss_and_gradients(X, LABELS)
    assert trainer.step(X, LABELS) == loss
    for old, gradient, new in zip(before, gradients, trainer.model.weights, strict=True):
        assert_allclose(new, old - 0.5 * gradient, rtol=1e-14, atol=1e-16)


# Evaluate and predict


@pytest.mark.parametrize("rows", [1, 50, 600])
def test_evaluate_agrees_with_predict(rows):
    inputs = np.resize(X, (rows, 3)) * np.linspace(0.1, 1, rows, dtype=np.float32)[:, np.newaxis]
    labels = (inputs[:, 0] > 0.05).astype(int)
    trainer = make()
    trainer.fit(X, LABELS, epochs=5)
    scores, p = trainer.evaluate(inputs, labels), trainer.model.predict(inputs).astype(np.float64)
    assert set(scores) == {"loss", "accuracy"} and all(type(score) is float for score in scores.values())
    assert_allclose(scores["loss"], -np.log(p[np.arange(rows), labels]).mean(), rtol=1e-5)
    assert_allclose(scores["accuracy"], (p.argmax(axis=1) == labels).mean(), rtol=1e-6)


def test_evaluate_agrees_with_predict_for_squared_error():
    trainer = make(loss="squared_error")
    trainer.fit(X, TARGETS, epochs=3)
    scores = trainer.evaluate(X, TARGETS)
    assert scores.keys() == {"loss"}
    assert_allclose(scores["loss"], ((trainer.model.predict(X).astype(float) - TARGETS) ** 2).mean(), rtol=1e-5)


def test_evaluate_agrees_with_predict_for_binary_cross_entropy():
    trainer = make(loss="binary_cross_entropy")
    bits_wanted = (TARGETS > 0).astype(float)
    trainer.fit(X, bits_wanted, epochs=5)
    scores, p = trainer.evaluate(X, bits_wanted), trainer.model.predict(X).astype(float)
    assert_allclose(scores["loss"], -np.log(np.where(bits_wanted == 1, p, 1 - p)).mean(), rtol=1e-5)
    assert_allclose(scores["accuracy"], ((p > 0.5) == bits_wanted).mean(), rtol=1e-6)


def test_evaluate_predict_and_gradients_agree_on_the_loss():
    trainer = make(dtype="float64")
    trainer.fit(X, LABELS, epochs=1)
    weights = np.linspace(0, 2, N)
    assert_allclose(trainer.evaluate(X, LABELS)["loss"], trainer.loss_and_gradients(X, LABELS)[0], rtol=1e-13)
    weighted = trainer.evaluate(X, LABELS, weights)["loss"], trainer.loss_and_gradients(X, LABELS, weights)[0]
    assert_allclose(*weighted, rtol=1e-13)


def test_evaluate_and_predict_change_nothing():
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    before = bits(trainer)
    trainer.evaluate(X, LABELS)
    trainer.model.predict(X)
    assert bits(trainer) == before


# History


def test_history_has_an_entry_an_epoch():
    trainer = make()
    trainer.fit(X, LABELS, epochs=2)
    history = trainer.fit(X, LABELS, epochs=3, validation_data=(X[:9], LABELS[:9]))
    lengths = {len(getattr(history, name)) for name in ("loss", "val_loss", "val_accuracy", "seconds", "samples_per_second")}
    assert lengths == {5} and len(history) == 5
    assert history.val_loss[:2] == history.val_accuracy[:2] == [None, None]
    assert {"loss": history.val_loss[-1], "accuracy": history.val_accuracy[-1]} == trainer.evaluate(X[:9], LABELS[:9])
    assert all(seconds > 0 for seconds in history.seconds)
    assert_allclose(history.samples_per_second, N / np.array(history.seconds))


def test_history_of_a_loss_without_accuracy():
    history = make(loss="squared_error").fit(X, TARGETS, epochs=1, validation_data=[X, TARGETS])
    assert history.val_accuracy == [None] and history.val_loss[0] > 0


def test_history_loss_is_the_mean_over_rows_before_each_update():
    trainer, stepped = make("sgd", shuffle=False), make("sgd", shuffle=False)
    history = trainer.fit(X, LABELS, epochs=1)
    parts = [slice(first, first + 8) for first in range(0, N, 8)]
    losses = [stepped.step(X[part], LABELS[part]) for part in parts]
    assert_allclose(history.loss, np.average(losses, weights=[len(X[part]) for part in parts]), rtol=1e-12)


def test_validation_leaves_no_trace_in_the_training():
    plain, validated = make(), make()
    plain.fit(X, LABELS, epochs=3)
    validated.fit(X, LABELS, epochs=3, validation_data=(X, LABELS))
    assert bits(plain)[3:] == bits(validated)[3:] and plain.history.loss == validated.history.loss


# Stopping and going on


LONG = 400_000
LONG_X = RANDOM.normal(size=(LONG, 3)).astype(np.float32)
LONG_LABELS = (LONG_X[:, 0] > 0).astype(np.uint8)


@pytest.fixture(scope="module")
def long_run():
    """Two epochs of many small steps, nothing in their way: some seconds in all."""
    trainer = make(batch_size=1)
    trainer.fit(LONG_X, LONG_LABELS, epochs=2)
    return trainer


def test_time_limit_stops_in_mid_epoch_and_the_next_fit_finishes_it(long_run):
    trainer = make(batch_size=1)
    begin = time.perf_counter()
    history = trainer.fit(LONG_X, LONG_LABELS, epochs=2, time_limit=0.15)
    assert time.perf_counter() - begin < 1
    assert history.stopped == "time_limit"
    assert 0 < trainer.steps < LONG and trainer.epoch == len(history) == 0
    trainer.fit(LONG_X, LONG_LABELS, epochs=1)
    assert (trainer.steps, trainer.epoch, history.stopped) == (LONG, 1, "epochs")
    trainer.fit(LONG_X, LONG_LABELS, epochs=1)
    assert bits(trainer) == bits(long_run)


def test_a_time_limit_reached_at_once_loses_nothing():
    stopped, plain = make(), make()
    assert stopped.fit(X, LABELS, epochs=2, time_limit=1e-9).stopped == "time_limit"
    assert stopped.steps == 0
    for trainer in (stopped, plain):
        trainer.fit(X, LABELS, epochs=2)
    assert bits(stopped) == bits(plain)


def test_a_time_limit_not_reached_is_no_limit():
    assert make().fit(X, LABELS, epochs=1, time_limit=600).stopped == "epochs"


class InterruptAfter(fastbp.Callback):
    """Sends this process a Ctrl-C some time after training began."""

    def __init__(self, seconds):
        self.timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))

    def on_fit_begin(self, trainer):
        self.timer.start()

    def on_fit_end(self, trainer):
        self.timer.join()


def test_ctrl_c_returns_the_model_so_far_and_training_can_go_on(long_run):
    trainer = make(batch_size=1)
    history = trainer.fit(LONG_X, LONG_LABELS, epochs=2, callbacks=InterruptAfter(0.1))
    assert history.stopped == "interrupted"
    assert 0 < trainer.steps < 2 * LONG
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert trainer.model.predict(X).shape == (N, 2)
    trainer.fit(LONG_X, LONG_LABELS, epochs=2 - trainer.epoch)
    assert history.stopped == "epochs"
    assert bits(trainer) == bits(long_run)


def test_ctrl_c_between_epochs_stops_before_the_next():
    class Interrupting(fastbp.Callback):
        def on_epoch_end(self, trainer):
            os.kill(os.getpid(), signal.SIGINT)

    trainer, plain = make(), make()
    assert trainer.fit(X, LABELS, epochs=3, callbacks=Interrupting()).stopped == "interrupted"
    assert trainer.epoch == 1
    trainer.fit(X, LABELS, epochs=2)
    plain.fit(X, LABELS, epochs=3)
    assert bits(trainer) == bits(plain)


def test_second_ctrl_c_raises():
    class Impatient(fastbp.Callback):
        def on_epoch_end(self, trainer):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    recorder = Recorder()
    with pytest.raises(KeyboardInterrupt):
        make().fit(X, LABELS, epochs=3, callbacks=[Impatient(), recorder])
    assert recorder.calls[-1][1] == "end"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_applications_own_handler_is_left_alone():
    caught = []
    before = signal.signal(signal.SIGINT, lambda number, frame: caught.append(number))
    try:
        ours = signal.getsignal(signal.SIGINT)
        history = make(batch_size=1).fit(LONG_X, LONG_LABELS, epochs=1, time_limit=0.3, callbacks=InterruptAfter(0.05))
        assert signal.getsignal(signal.SIGINT) is ours
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [signal.SIGINT] and history.stopped == "time_limit"


def test_training_in_another_thread():
    results, alone = [], make()
    other = make()
    thread = threading.Thread(target=lambda: results.append(other.fit(X, LABELS, epochs=2)))
    thread.start()
    thread.join()
    alone.fit(X, LABELS, epochs=2)
    assert results and bits(other) == bits(alone)


# Callbacks


def test_callbacks_are_called_in_order():
    calls = []
    make().fit(X, LABELS, epochs=2, callbacks=[Recorder("a", calls), Recorder("b", calls)])
    assert calls == [
        ("a", "begin", 0), ("b", "begin", 0), ("a", "epoch", 1), ("b", "epoch", 1), ("a", "epoch", 2), ("b", "epoch", 2),
        ("a", "end", 2), ("b", "end", 2),
    ]  # fmt: skip


def test_a_callback_that_returns_true_stops_and_the_others_still_hear_of_the_epoch():
    calls = []
    trainer = make()
    history = trainer.fit(X, LABELS, epochs=9, callbacks=(Recorder("a", calls, stop=2), Recorder("b", calls)))
    assert history.stopped == "callback" and trainer.epoch == 2
    assert calls[-3:] == [("b", "epoch", 2), ("a", "end", 2), ("b", "end", 2)]


def test_the_base_callback_does_nothing():
    plain, heard = make(), make()
    plain.fit(X, LABELS, epochs=2)
    heard.fit(X, LABELS, epochs=2, callbacks=fastbp.Callback())
    assert bits(plain) == bits(heard)


def test_callbacks_see_the_epoch_in_the_history():
    seen = []

    class Watch(fastbp.Callback):
        def on_epoch_end(self, trainer):
            seen.append((len(trainer.history), trainer.history.val_loss[-1] == trainer.evaluate(X, LABELS)["loss"]))

    make().fit(X, LABELS, epochs=2, callbacks=Watch(), validation_data=(X, LABELS))
    assert seen == [(1, True), (2, True)]


@pytest.mark.parametrize("event", ["begin", "epoch"])
def test_on_fit_end_is_called_after_an_error_and_training_can_go_on(event):
    trainer, plain, recorder = make(), make(), Recorder()
    with pytest.raises(RuntimeError, match="bad failed"):
        trainer.fit(X, LABELS, epochs=3, callbacks=[Recorder("bad", fail=event), recorder])
    assert recorder.calls[-1][1] == "end"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    trainer.fit(X, LABELS, epochs=3 - trainer.epoch)
    plain.fit(X, LABELS, epochs=3)
    assert bits(trainer) == bits(plain)


def test_on_fit_end_of_every_callback_is_called_though_one_of_them_fails():
    recorder = Recorder()
    with pytest.raises(RuntimeError, match="bad failed"):
        make().fit(X, LABELS, epochs=1, callbacks=[Recorder("bad", fail="end"), recorder])
    assert recorder.calls[-1][1] == "end"


# Progress


def test_progress_is_silent_when_not_a_terminal(capfd):
    make().fit(X, LABELS, epochs=2)
    make().fit(X, LABELS, epochs=2, progress=False)
    assert capfd.readouterr() == ("", "")


def test_progress_shows_speed_loss_and_validation_on_stderr_alone(capfd):
    history = make().fit(X, LABELS, epochs=2, validation_data=(X, LABELS), progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert f"loss={history.loss[-1]:.4g}" in err.replace(" ", "")
    assert f"val_loss={history.val_loss[-1]:.4g}" in err and "val_accuracy=" in err
    assert "epoch 2" in err and "100/100" in err and "samples/s" in err


def test_progress_is_shown_on_a_terminal(capfd, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    make().fit(X, LABELS, epochs=2)
    out, err = capfd.readouterr()
    assert out == "" and "samples/s" in err


def test_progress_without_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert len(make().fit(X, LABELS, epochs=1)) == 1


def test_progress_leaves_no_trace():
    silent, shown = make(), make()
    silent.fit(X, LABELS, epochs=2)
    shown.fit(X, LABELS, epochs=2, progress=True)
    assert bits(silent) == bits(shown)


# Weights of the rows


@pytest.mark.parametrize(("loss", "y"), [("cross_entropy", LABELS), ("squared_error", TARGETS), ("binary_cross_entropy", TARGETS > 0)])
def test_a_weight_of_two_is_the_row_twice_and_of_zero_no_row(loss, y):
    counts = np.arange(N) % 3
    weighted, repeated = (make(loss=loss, batch_size=None, dtype="float64") for _ in range(2))
    for _ in range(5):
        a = weighted.step(X, y, sample_weight=counts)
        b = repeated.step(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
        assert_allclose(a, b, rtol=1e-12)
    for ours, theirs in zip(weighted.model.weights, repeated.model.weights, strict=True):
        assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
    scores = weighted.evaluate(X, y, counts), weighted.evaluate(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
    assert scores[0] == pytest.approx(scores[1], rel=1e-12)


def test_equal_weights_are_no_weights():
    runs = [make(batch_size=8) for _ in range(2)]
    runs[0].fit(X, LABELS, epochs=2)
    runs[1].fit(X, LABELS, epochs=2, sample_weight=np.full(N, 4.0))
    assert_allclose(runs[0].history.loss, runs[1].history.loss, rtol=1e-6)


def test_a_batch_of_weight_zero_moves_nothing():
    trainer = make("sgd", batch_size=1, shuffle=False)
    weights = np.zeros(N)
    weights[0] = 1
    single = make("sgd", batch_size=1)
    trainer.fit(X, LABELS, epochs=1, sample_weight=weights)
    single.step(X[:1], LABELS[:1])
    assert trainer.model.network.parameters.tobytes() == single.model.network.parameters.tobytes()


# Settings


def test_settings_of_the_optimizer_may_change_between_fits():
    changed = make(fastbp.SGD(0.1))
    changed.fit(X, LABELS, epochs=1)
    before = changed.model.network.parameters.copy()
    changed.optimizer.learning_rate = 1e-30
    changed.fit(X, LABELS, epochs=1)
    assert np.array_equal(changed.model.network.parameters, before)


def test_momentum_may_be_switched_on_and_off():
    switched, plain = make(fastbp.SGD(0.1)), make(fastbp.SGD(0.1))
    for trainer in (switched, plain):
        trainer.fit(X, LABELS, epochs=1)
    switched.optimizer.momentum = 0.9
    switched.fit(X, LABELS, epochs=1)
    plain.fit(X, LABELS, epochs=1)
    assert bits(switched) != bits(plain)
    switched.optimizer.momentum = 0.0
    switched.fit(X, LABELS, epochs=1)
    assert switched._memory.slots.shape[0] == 0


def test_another_optimizer_does_not_inherit_the_memory_of_the_last():
    switched, fresh = make("adam", batch_size=None), make("momentum", batch_size=None)
    switched.fit(X, LABELS, epochs=3)
    switched.optimizer = OPTIMIZERS["momentum"]()
    fresh.model.network.parameters[:] = switched.model.network.parameters
    switched.step(X, LABELS)
    fresh.step(X, LABELS)
    assert switched.model.network.parameters.tobytes() == fresh.model.network.parameters.tobytes()


def test_weights_written_between_fits_are_the_ones_trained():
    changed, fresh = make("sgd"), make("sgd", model_seed=1)
    changed.fit(X, LABELS, epochs=1)
    for own, given in zip(changed.model.weights + changed.model.biases, fresh.model.weights + fresh.model.biases, strict=True):
        own[...] = given
    assert changed.loss_and_gradients(X, LABELS)[0] == fresh.loss_and_gradients(X, LABELS)[0]
    assert changed.step(X, LABELS) == fresh.step(X, LABELS)
    assert changed.model.network.parameters.tobytes() == fresh.model.network.parameters.tobytes()


def test_default_arguments():
    def defaults(function):
        return {name: p.default for name, p in inspect.signature(function).parameters.items() if p.default is not p.empty}

    assert defaults(fastbp.Trainer) == {
        "optimizer": "sgd", "batch_size": 128, "shuffle": True, "seed": None, "threads": None, "precision": "float32",
    }  # fmt: skip
    assert defaults(fastbp.Trainer.fit) == {
        "validation_data": None, "sample_weight": None, "callbacks": (), "progress": "auto", "time_limit": None,
    }  # fmt: skip
    assert defaults(fastbp.MLP) == {
        "activation": "sigmoid", "output_activation": "auto", "init": "auto", "dtype": "float32", "seed": None,
    }  # fmt: skip
    assert set(inspect.signature(fastbp.Trainer).parameters) - defaults(fastbp.Trainer).keys() == {"model", "loss"}


@pytest.mark.parametrize(("name", "settings"), [
    ("sgd", {"learning_rate": 0.01, "momentum": 0, "nesterov": False, "weight_decay": 0}),
    ("rmsprop", {"learning_rate": 0.01, "alpha": 0.99, "epsilon": 1e-8, "momentum": 0, "centered": False, "weight_decay": 0}),
    ("adam", {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "weight_decay": 0}),
    ("adamw", {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01}),
])  # fmt: skip
def test_an_optimizers_name_stands_for_its_defaults(name, settings):
    trainer = fastbp.Trainer(fastbp.MLP([3, 2], seed=0), loss="cross_entropy", optimizer=name)
    assert vars(trainer.optimizer) == settings


@pytest.mark.parametrize(
    ("loss", "output"), [("cross_entropy", "softmax"), ("binary_cross_entropy", "sigmoid"), ("squared_error", "identity")]
)
def test_output_activation_follows_the_loss(loss, output):
    assert make(loss=loss).model.output_activation.name == output


def test_an_explicit_output_activation_is_obeyed():
    model = fastbp.MLP([3, 2], output_activation="sigmoid", seed=0)
    fastbp.Trainer(model, loss="squared_error")
    assert model.output_activation == fastbp.Sigmoid()


def test_repr_tells_the_settings():
    text = repr(make("adam"))
    assert "3-6-2" in text and "cross_entropy" in text and "Adam(learning_rate=0.01" in text and "batch_size=8" in text


# Learning


def test_learns_xor():
    inputs, labels = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = fastbp.MLP([2, 8, 1], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss="binary_cross_entropy", optimizer=fastbp.Adam(0.05), batch_size=None, seed=0)
    trainer.fit(inputs, labels, epochs=500)
    assert trainer.evaluate(inputs, labels)["accuracy"] == 1
    assert_allclose(model.predict(inputs)[:, 0], labels, atol=0.05)


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop", "adam", "adamw"])
def test_learns_two_moons(optimizer):
    inputs, labels = make_moons(1200, noise=0.15, random_state=0)
    model = fastbp.MLP([2, 32, 32, 2], activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=OPTIMIZERS[optimizer](), batch_size=32, seed=0)
    trainer.fit(inputs[:1000], labels[:1000], epochs=40)
    assert trainer.evaluate(inputs[1000:], labels[1000:])["accuracy"] > 0.97


def test_learns_a_function_by_the_textbook_net():
    inputs = np.linspace(0, 1, 200)[:, np.newaxis]
    wanted = 0.5 + 0.4 * np.sin(2 * np.pi * inputs)
    model = fastbp.MLP([1, 16, 1], activation="tanh", output_activation="sigmoid", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.Adam(0.02), batch_size=20, seed=0)
    trainer.fit(inputs, wanted, epochs=300)
    assert trainer.evaluate(inputs, wanted)["loss"] < 1e-3
