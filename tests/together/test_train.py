"""`fastbp.train_together`: each trainer ends with the bits of training alone, whatever happens to the others."""

import os
import signal
import threading
import time

import numba
import numpy as np
import pytest
from small_task import LABELS, N, Recorder, StopAt, TooFast, X, bits, make

import fastbp
from fastbp.kernels import programs
from fastbp.processors import cpus
from fastbp.processors.threads import most_threads
from fastbp.training import interrupt as interrupt_module

ROWS = [np.random.default_rng(0).integers(0, N, 40), np.flatnonzero(np.arange(N) % 3), None, np.arange(N) % 2 == 0]
HELD_OUT = [np.arange(10), np.arange(0, N, 3), np.arange(5, 20), np.arange(N) % 2 == 1]


def various():
    """Trainers of many kinds, new each time."""
    return [
        make("adam", hidden=5),
        make("adamw_one_cycle", hidden=9, batch_size=16),
        make("momentum", batch_size=None, class_weight="balanced"),
        make("lbfgs", hidden=4),
        make("nadam_one_cycle", between="batch", batch_size=16),
        make("adam", between="mixed"),
        make("adam_plateau", dtype="float64", class_weight={0: 1.0, 1: 3.0}),
        make("rprop", loss="squared_error", average="swa"),
    ]


def of(places, array):
    return array if places is None else array[places]


def early(_=None):
    return [fastbp.EarlyStopping(patience=2)]


def test_each_ends_with_the_bits_of_training_alone():
    weights = np.linspace(0.5, 2, N)
    rows, held_out = (list(each) * 2 for each in (ROWS, HELD_OUT))
    trainers, alone = various(), various()
    y = np.eye(2)[LABELS]
    given = [LABELS] * 7 + [y]
    for together, by_itself, own, others, targets in zip(trainers, alone, rows, held_out, given, strict=True):
        # One y for all: the last loss takes other targets.
        if targets is y:
            fastbp.train_together([together], X, y, rows=[own], validation_rows=[others], sample_weight=weights, epochs=6)
        validation = X[others], targets[others], weights[others]
        by_itself.fit(of(own, X), of(own, targets), epochs=6, validation_data=validation, sample_weight=of(own, weights))
    histories = fastbp.train_together(
        trainers[:7], X, LABELS, rows=rows[:7], validation_rows=held_out[:7], sample_weight=weights, epochs=6, threads=3
    )
    assert [bits(each) for each in trainers] == [bits(each) for each in alone]
    assert histories == [each.history for each in trainers[:7]] and {history.stopped for history in histories} == {"epochs"}


def test_whole_batches_that_nobody_watches_are_of_the_rows_meant():
    trainers, alone = [make("sgd", batch_size=None) for _ in ROWS], [make("sgd", batch_size=None) for _ in ROWS]
    fastbp.train_together(trainers, X, LABELS, rows=ROWS, epochs=30)
    for trainer, rows in zip(alone, ROWS, strict=True):
        trainer.fit(of(rows, X), of(rows, LABELS), epochs=30)
    assert [bits(each) for each in trainers] == [bits(each) for each in alone]


def test_a_share_of_the_rows_for_validation_and_metrics_of_both():
    trainers, alone = [make(seed=i) for i in range(3)], [make(seed=i) for i in range(3)]
    fastbp.train_together(trainers, X, LABELS, rows=ROWS[:3], epochs=3, validation_split=0.3, metrics=["f1"], training_metrics=True)
    for trainer, rows in zip(alone, ROWS[:3], strict=True):
        own = of(rows, X), of(rows, LABELS)
        trainer.fit(*own, epochs=3, validation_split=0.3, metrics=["f1"], training_metrics=True)
    assert [bits(each) for each in trainers] == [bits(each) for each in alone] and trainers[0].history.val_f1 and trainers[0].history.f1


def test_lists_frames_and_one_validation_set_for_all():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    labels = ["yes" if label else "no" for label in LABELS]
    models = [fastbp.MLP([3, 4, 2], classes=["no", "yes"], seed=0) for _ in range(2)]
    trainers = [fastbp.Trainer(model, loss="cross_entropy", seed=0) for model in models]
    fastbp.train_together(trainers, frame, labels, epochs=2, validation_data=(frame[["c", "a", "b"]], labels))
    alone = fastbp.Trainer(fastbp.MLP([3, 4, 2], classes=["no", "yes"], seed=0), loss="cross_entropy", seed=0)
    alone.fit(frame, labels, epochs=2, validation_data=(frame, labels))
    assert bits(trainers[0]) == bits(trainers[1]) == bits(alone)
    assert models[0].feature_names == ("a", "b", "c")


def test_those_that_stop_early_and_those_that_do_not():
    trainers, alone = [make(seed=i, hidden=4 + i) for i in range(4)], [make(seed=i, hidden=4 + i) for i in range(4)]
    turned = X[:20], 1 - LABELS[:20]
    histories = fastbp.train_together(
        trainers, X, LABELS, epochs=[60, 60, 1, 0], validation_data=turned, callbacks=[early(), None, (), early()]
    )
    for i, (trainer, epochs) in enumerate(zip(alone, (60, 60, 1, 0), strict=True)):
        trainer.fit(X, LABELS, epochs=epochs, validation_data=turned, callbacks=early() if i in (0, 3) else ())
    assert [bits(each) for each in trainers] == [bits(each) for each in alone]
    assert [history.stopped for history in histories] == ["early_stopping", "epochs", "epochs", "epochs"]


def test_killed_and_resumed_from_checkpoints(tmp_path):
    paths = [tmp_path / f"{i}.safetensors" for i in range(3)]

    def settings(i):
        return {"optimizer": ["adam", "adamw_one_cycle", "lamb_clipped"][i], "between": ["", "batch", "layer"][i]}

    whole, killed = ([make(**settings(i)) for i in range(3)] for _ in range(2))
    given = {"rows": ROWS[:3], "validation_rows": HELD_OUT[:3]}
    fastbp.train_together(whole, X, LABELS, epochs=8, **given)
    # At a step in the middle of an epoch each.
    fastbp.train_together(
        killed, X, LABELS, epochs=8, **given, callbacks=lambda i: [fastbp.Checkpoint(paths[i], every="3 steps"), StopAt(7 + 5 * i)]
    )
    resumed = [fastbp.Trainer.resume(path) for path in paths]
    assert [trainer.steps for trainer in resumed] == [7, 12, 17]
    fastbp.train_together(resumed, X, LABELS, epochs=[8 - trainer.epoch for trainer in resumed], **given)
    # What listened left its state; what there was to listen to is not of the others.
    left = [{name: value for name, value in bits(each).items() if name[0] != "callbacks"} for each in (*whole, *resumed)]
    assert left[:3] == left[3:]


def test_one_that_diverges_lets_the_others_end():
    trainers, alone = [make("sgd", seed=i) for i in range(4)], make("sgd", seed=3)
    with pytest.raises(fastbp.DivergenceError) as error:
        fastbp.train_together(trainers, X, LABELS, epochs=5, callbacks=lambda i: TooFast(9) if i in (1, 2) else ())
    assert error.value.__notes__ == ["trainers[1] of 4 failed, the others have been trained; so did 1 more"]
    assert [trainer.history.stopped for trainer in trainers] == ["epochs", "diverged", "diverged", "epochs"]
    alone.fit(X, LABELS, epochs=5)
    assert bits(trainers[3]) == bits(alone) and trainers[1].run.is_finite()


def test_an_error_of_a_callback_is_raised_when_all_have_ended():
    trainers = [make(seed=i) for i in range(3)]
    with pytest.raises(RuntimeError, match="b failed") as error:
        fastbp.train_together(trainers, X, LABELS, epochs=3, callbacks=[(), Recorder("b", fail="epoch"), ()])
    assert error.value.__notes__ == ["trainers[1] of 3 failed, the others have been trained"]
    assert [trainer.epoch for trainer in trainers] == [3, 1, 3]


class CtrlC(fastbp.Callback):
    """Sends signals to the process after an epoch, and waits until the main thread has seen them."""

    def __init__(self, *signals, seen=None):
        self.signals, self.seen = signals, seen

    def on_epoch_end(self, run):
        if run.epoch == 2:
            for number in self.signals:
                os.kill(os.getpid(), number)
            if self.seen is not None:
                assert self.seen.wait(30)


def stoppable(epochs, signals, **settings):
    """Trains three, one of which sends signals; the other two have no end of their own."""
    trainers = [make(seed=i) for i in range(3)]
    error = None
    try:
        fastbp.train_together(trainers, X, LABELS, epochs=epochs, threads=2, callbacks=[(), CtrlC(*signals), ()], **settings)
    except KeyboardInterrupt as raised:
        error = raised
    return trainers, error


@pytest.mark.parametrize(("sends", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_a_signal_stops_all_at_a_step(sends, word, capsys):
    trainers, error = stoppable(10**6, [sends])
    assert error is None and {trainer.history.stopped for trainer in trainers} == {word}
    assert capsys.readouterr().err.count("fastbp stopped training at a step") == (sends == signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    whole = [make(seed=i) for i in range(3)]
    last = max(trainer.epoch for trainer in trainers) + 2
    fastbp.train_together(trainers, X, LABELS, epochs=[last - trainer.epoch for trainer in trainers])
    for trainer in whole:
        trainer.fit(X, LABELS, epochs=last)
    assert [bits(each) for each in trainers] == [bits(each) for each in whole]


@pytest.mark.parametrize(("signals", "settings"), [([signal.SIGINT], {"on_interrupt": "raise"}), ([signal.SIGINT] * 2, {})])
def test_ctrl_c_raises_where_it_is_to_when_all_have_stopped(signals, settings):
    # Of two signals at once the system may deliver one alone.
    if len(signals) == 2:
        interrupt_module._last = interrupt_module.time.monotonic()
    trainers, error = stoppable(10**6, signals[:1], **settings)
    assert isinstance(error, KeyboardInterrupt)
    assert {trainer.history.stopped for trainer in trainers} == {"interrupted"}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fastbp ")]


def test_the_time_is_divided_among_those_that_wait():
    trainers = [make(seed=i) for i in range(5)]
    histories = fastbp.train_together(trainers, X, LABELS, epochs=10**7, time_limit=0.5, threads=2)
    assert [history.stopped for history in histories] == ["time_limit"] * 5
    assert min(trainer.steps for trainer in trainers) > 0


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2 or cpus.available() < 2, reason="there is one processor")
def test_the_last_one_goes_on_with_the_threads_of_the_others(monkeypatch):
    """With steps that are worth two, and the same bits."""
    tasks, run, begun, ended = [], programs.run, threading.Event(), threading.Event()
    monkeypatch.setattr(programs, "run", lambda *arguments: (tasks.append(arguments[-1]), run(*arguments)))

    class Waits(fastbp.Callback):
        def on_epoch_end(self, run):
            begun.set()
            assert ended.wait(60)
            while most_threads() < 2:
                time.sleep(0.001)
            tasks.append("alone")

    class Ends(fastbp.Callback):
        def on_epoch_end(self, run):
            # Else the other may have its threads before its first epoch is over.
            assert begun.wait(60)

        def on_fit_end(self, run):
            ended.set()

    def build(seed):
        return fastbp.Trainer(fastbp.MLP([3, 300, 200, 2], seed=seed), loss="cross_entropy", optimizer="adam", seed=seed)

    trainers, by_itself = [build(0), build(1)], build(1)
    fastbp.train_together(trainers, X, LABELS, epochs=[1, 4], threads=2, callbacks=[Ends(), Waits()])
    before = tasks.index("alone")
    assert {*tasks[:before]} == {1} and 2 in tasks[before:]
    by_itself.fit(X, LABELS, epochs=4)
    assert bits(by_itself)["model", "weights.1"] == bits(trainers[1])["model", "weights.1"]


def test_from_a_thread_that_is_not_the_main_one():
    trainers, alone = [make(seed=i) for i in range(2)], make(seed=1)
    thread = threading.Thread(target=lambda: fastbp.train_together(trainers, X, LABELS, epochs=3))
    thread.start()
    thread.join()
    alone.fit(X, LABELS, epochs=3)
    assert bits(trainers[1]) == bits(alone)


def test_one_bar_for_all(capsys):
    fastbp.train_together([make(seed=i) for i in range(3)], X, LABELS, epochs=2, progress=True)
    told = capsys.readouterr().err
    assert "3 of 3 done: 100%" in told and f"{6 * N}/{6 * N}" in told.replace("300.0", "300").replace("300.", "300")
