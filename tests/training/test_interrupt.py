"""Ctrl-C, SIGTERM and time limits stop between two steps, and training can go on."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from small_task import LABELS, RANDOM, N, Recorder, X, bits, make

import fastbp
from fastbp.training.interrupt import Interrupt

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


def test_sigterm_stops_and_a_second_one_ends_the_process(run_python):
    class Terminating(fastbp.Callback):
        def on_epoch_end(self, trainer):
            os.kill(os.getpid(), signal.SIGTERM)

    trainer = make()
    assert trainer.fit(X, LABELS, epochs=3, callbacks=Terminating()).stopped == "terminated"
    assert trainer.epoch == 1 and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    code = (
        "import os, signal, subprocess, sys\n"
        "if len(sys.argv) == 1:\n"
        "    print(subprocess.run([sys.executable, '-c', sys.orig_argv[2], 'inner']).returncode)\n"
        "    sys.exit()\n"
        "import fastbp\n"
        "class Impatient(fastbp.Callback):\n"
        "    def on_epoch_end(self, trainer):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "fastbp.Trainer(fastbp.MLP([1, 1]), loss='squared_error').fit([[0.0]], [1.0], epochs=3, callbacks=Impatient())"
    )
    assert run_python(code) == f"{-signal.SIGTERM}\n"


@pytest.mark.parametrize("event", ["epoch", "end"])
def test_ctrl_c_in_the_last_moment_is_not_lost(event):
    class Interrupting(Recorder):
        def note(self, name, trainer):
            if name == event and trainer.epoch == 2:
                os.kill(os.getpid(), signal.SIGINT)

    assert make().fit(X, LABELS, epochs=2, callbacks=Interrupting()).stopped == "interrupted"


def test_what_belongs_together_is_finished_before_a_second_ctrl_c_raises():
    done = []
    with Interrupt() as interrupt:
        with pytest.raises(KeyboardInterrupt), interrupt.held():
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGINT)
                done.append(True)
        assert len(done) == 3 and interrupt.reason == "interrupted"


def interrupt_twice():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_second_ctrl_c_never_tears_a_run_apart(long_run):
    trainer = make(batch_size=1)
    for seed in range(12):
        impatient = threading.Timer(np.random.default_rng(seed).uniform(0.01, 0.1), interrupt_twice)
        try:
            try:
                impatient.start()
                trainer.fit(LONG_X, LONG_LABELS, epochs=2 - trainer.epoch)
            finally:
                # The second may come when training has ended.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:
            pass
        impatient.join()
        signal.signal(signal.SIGINT, signal.default_int_handler)
    while trainer.epoch < 2:
        trainer.fit(LONG_X, LONG_LABELS, epochs=2 - trainer.epoch)
    assert bits(trainer) == bits(long_run)


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
