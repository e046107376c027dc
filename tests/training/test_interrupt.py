"""Ctrl-C, SIGTERM and time limits stop between two steps, and training can go on."""

import asyncio
import os
import signal
import threading
import time

import numpy as np
import pytest
from small_task import LABELS, RANDOM, N, Recorder, X, bits, make

import fastbp
from fastbp.processors.turns import Turns
from fastbp.training import interrupt as interrupt_module
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
    with Interrupt(Turns()) as interrupt:
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


def test_an_applications_own_handler_is_called_afterwards_and_stays():
    caught, trainer = [], make(batch_size=1)
    before = signal.signal(signal.SIGINT, lambda number, frame: caught.append((number, trainer.history.stopped)))
    try:
        ours = signal.getsignal(signal.SIGINT)
        history = trainer.fit(LONG_X, LONG_LABELS, epochs=1, callbacks=InterruptAfter(0.05))
        assert signal.getsignal(signal.SIGINT) is ours
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [(signal.SIGINT, "interrupted")] and history.stopped == "interrupted"


@pytest.mark.parametrize("handler", [signal.SIG_IGN, None])
def test_an_ignored_ctrl_c_and_an_applications_sigterm_are_left_alone(handler):
    caught, number = [], signal.SIGINT if handler is not None else signal.SIGTERM

    class Sending(fastbp.Callback):
        def on_epoch_end(self, run):
            os.kill(os.getpid(), number)

    before = signal.signal(number, signal.SIG_IGN if handler is not None else lambda *given: caught.append(given))
    try:
        assert make().fit(X, LABELS, epochs=3, callbacks=Sending()).stopped == "epochs"
    finally:
        signal.signal(number, before)
    assert len(caught) == (0 if handler is not None else 3)


def test_a_handler_that_a_callback_installs_stays():
    class Installing(fastbp.Callback):
        def on_epoch_end(self, run):
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    try:
        make().fit(X, LABELS, epochs=1, callbacks=Installing())
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class CtrlC(fastbp.Callback):
    """One at the end of the first epoch."""

    def on_epoch_end(self, run):
        if len(run.losses) == 0 and run.epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)


def test_the_first_says_what_a_second_does(capsys):
    make().fit(X, LABELS, epochs=3, callbacks=CtrlC())
    assert capsys.readouterr().err == "fastbp stopped training at a step: Ctrl-C again within 3 s ends the program\n"


def test_a_second_one_soon_leaves_a_loop_of_fits():
    trainers, done = [make() for _ in range(5)], []
    with pytest.raises(KeyboardInterrupt):
        for trainer in trainers:
            trainer.fit(X, LABELS, epochs=3, callbacks=CtrlC())
            done.append(trainer.history.stopped)
    assert done == ["interrupted"] and trainers[1].history.stopped == "interrupted"
    assert trainers[1].epoch == 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    trainers[1].fit(X, LABELS, epochs=2)
    alone = make()
    alone.fit(X, LABELS, epochs=3)
    assert bits(trainers[1]) == bits(alone)


def test_one_much_later_is_a_first_one_again(monkeypatch):
    monkeypatch.setattr(interrupt_module, "AGAIN", 0.0)
    for _ in range(3):
        assert make().fit(X, LABELS, epochs=3, callbacks=CtrlC()).stopped == "interrupted"


def test_the_first_raises_where_that_is_asked_for():
    trainer, recorder = make(), Recorder()
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(X, LABELS, epochs=3, callbacks=[CtrlC(), recorder], on_interrupt="raise")
    assert trainer.history.stopped == "interrupted" and recorder.calls[-1][1] == "end"
    with pytest.raises(ValueError, match="on_interrupt='rise' is not known; expected one of return, raise"):
        trainer.fit(X, LABELS, epochs=1, on_interrupt="rise")


def test_it_raises_between_steps(long_run):
    trainer = make(batch_size=1)
    for seconds in (0.05, 0.1):
        with pytest.raises(KeyboardInterrupt):
            trainer.fit(LONG_X, LONG_LABELS, epochs=2, callbacks=InterruptAfter(seconds), on_interrupt="raise")
    trainer.fit(LONG_X, LONG_LABELS, epochs=2 - trainer.epoch)
    assert bits(trainer) == bits(long_run)


def test_in_a_coroutine_it_stops_training_and_then_the_coroutine():
    stopped = []

    async def main():
        stopped.append(make().fit(X, LABELS, epochs=3, callbacks=CtrlC()).stopped)
        await asyncio.sleep(10)
        stopped.append("slept")

    begin = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert stopped == ["interrupted"] and time.perf_counter() - begin < 5
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_beside_a_loop_that_handles_signals_itself():
    caught = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: caught.append("loop"))
        caught.append(make().fit(X, LABELS, epochs=3, callbacks=CtrlC()).stopped)
        await asyncio.sleep(0.05)
        loop.remove_signal_handler(signal.SIGINT)

    asyncio.run(main())
    assert caught == ["interrupted", "loop"]


def test_training_in_another_thread():
    results, alone = [], make()
    other = make()
    thread = threading.Thread(target=lambda: results.append(other.fit(X, LABELS, epochs=2)))
    thread.start()
    thread.join()
    alone.fit(X, LABELS, epochs=2)
    assert results and bits(other) == bits(alone)
