"""A model has one user at a time, and whoever looks at it sees a whole state."""

import os
import sys
import threading
import time
import warnings

import numpy as np
import pytest
from small_task import LABELS, N, StopAt, X, bits, make

import fastbp
from fastbp.processors.turns import Turns, User

MANY_X, MANY_LABELS = np.tile(X, (2000, 1)), np.tile(LABELS, 2000)
SECONDS = 60


class Training:
    """A fit in another thread, until told to end."""

    def __init__(self, trainer, *data, **settings):
        self.stop, self.began, self.error, self.trainer = threading.Event(), threading.Event(), None, trainer
        outer = self

        class Until(fastbp.Callback):
            def on_fit_begin(self, run):
                outer.began.set()

            def on_pause(self, run):
                return outer.stop.is_set()

        def work():
            try:
                trainer.fit(*data, epochs=10_000, callbacks=[Until(), *settings.pop("callbacks", [])], **settings)
            except BaseException as error:
                self.error = error

        self.thread = threading.Thread(target=work, name="trains")

    def __enter__(self):
        self.thread.start()
        assert self.began.wait(SECONDS)
        return self

    def __exit__(self, *error):
        self.stop.set()
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()
        if error[0] is None and self.error is not None:
            raise self.error


def repeat_alone(trainer):
    """The bits of a trainer that made as many steps with nobody beside it."""
    alone = make(batch_size=8)

    if trainer.steps:
        alone.fit(MANY_X, MANY_LABELS, epochs=10_000, callbacks=StopAt(trainer.steps))
    return bits(alone)


CALLS = {
    "fit": lambda trainer: trainer.fit(X, LABELS, epochs=1),
    "step": lambda trainer: trainer.step(X[:4], LABELS[:4]),
    "loss_and_gradients": lambda trainer: trainer.loss_and_gradients(X, LABELS),
    "an assignment of weights": lambda trainer: trainer.model.set_weights(trainer.model.get_weights()),
    "step of another": lambda trainer: fastbp.Trainer(trainer.model, loss="cross_entropy").step(X, LABELS),
    "fit of another": lambda trainer: fastbp.Trainer(trainer.model, loss="cross_entropy").fit(X, LABELS, epochs=1),
}


def test_a_second_user_is_told_who_has_the_model_and_changes_nothing():
    trainer = make(batch_size=8)
    with Training(trainer, MANY_X, MANY_LABELS):
        for name, call in CALLS.items():
            words = f"fit in thread 'trains' is training the model; {name.removesuffix(' of another')} in thread 'MainThread' has to wait"
            for _ in range(5):
                with pytest.raises(RuntimeError, match=words):
                    call(trainer)
    assert bits(trainer) == repeat_alone(trainer)
    # And it is free again.
    for call in CALLS.values():
        call(trainer)


@pytest.mark.parametrize("name", ["fit", "step", "fit of another"])
def test_a_callback_cannot_train_the_model_but_all_else(name, tmp_path):
    done = []

    class Inside(fastbp.Callback):
        def on_epoch_end(self, run):
            with pytest.raises(RuntimeError, match="fit in thread 'MainThread' is training the model; "):
                CALLS[name](trainer)
            predicted = run.model.predict(X)
            np.testing.assert_array_equal(run.model.predict(X[:2]), predicted[:2])
            trainer.evaluate(X, LABELS)
            trainer.save(tmp_path / "run")
            trainer.loss_and_gradients(X, LABELS)
            run.model.set_weights(run.model.get_weights())
            done.append(True)

    trainer, alone = make(batch_size=8), make(batch_size=8)
    trainer.fit(X, LABELS, epochs=3, callbacks=Inside())
    alone.fit(X, LABELS, epochs=3)
    assert len(done) == 3 and bits(trainer) == bits(alone)


def test_a_callback_may_wait_for_another_thread_that_looks(tmp_path):
    class Asking(fastbp.Callback):
        def on_pause(self, run):
            calls = [lambda: run.model.predict(X), lambda: trainer.evaluate(X, LABELS), lambda: trainer.save(tmp_path / "run")]
            threads = [threading.Thread(target=call, daemon=True) for call in calls]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(SECONDS)
            seen.append(not any(thread.is_alive() for thread in threads))

    trainer, seen = make(), []
    trainer.fit(X, LABELS, epochs=3, callbacks=Asking())
    assert len(seen) >= 3 and all(seen)


def test_what_is_seen_beside_training_is_whole():
    """All outputs of this net are the same number after each step, and not in the middle of one."""
    wide, rows = 6000, np.ones((64, 40), np.float32)
    model = fastbp.MLP([40, wide], init="zeros")
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(1e-3 * wide), batch_size=16, seed=0)
    seen = set()
    with Training(trainer, rows, np.ones((64, wide), np.float32)):
        for _ in range(60):
            for found in (model.predict(rows[:1])[0], model.predict(rows[:20])[7], model.get_weights()[0][0]):
                assert (found == found[0]).all()
            seen.add(float(found[0]))
    assert len(seen) > 3


def test_a_file_saved_beside_training_resumes_to_the_same_bits(tmp_path):
    trainer = make(batch_size=8)
    with Training(trainer, MANY_X, MANY_LABELS):
        for number in range(8):
            trainer.save(tmp_path / str(number))
            time.sleep(0.02)
    for number in range(8):
        again, alone = fastbp.Trainer.resume(tmp_path / str(number)), make(batch_size=8)
        again.fit(MANY_X, MANY_LABELS, epochs=1)
        alone.fit(MANY_X, MANY_LABELS, epochs=again.epoch)
        assert bits(again) == bits(alone)


def test_many_threads_that_look_all_get_their_turn(tmp_path):
    trainer, failed, counts = make(batch_size=8), [], [0] * 9

    def look(number):
        calls = [lambda: trainer.model.predict(X), lambda: trainer.evaluate(X, LABELS), lambda: trainer.save(tmp_path / str(number))]
        try:
            while not training.stop.is_set():
                calls[number % 3]()
                counts[number] += 1
        except BaseException as error:
            failed.append(error)

    with Training(trainer, MANY_X, MANY_LABELS) as training:
        threads = [threading.Thread(target=look, args=(number,)) for number in range(9)]
        for thread in threads:
            thread.start()
        before = trainer.steps
        time.sleep(1)
        assert trainer.steps > before
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert failed == [] and min(counts) >= 3
    assert bits(trainer) == repeat_alone(trainer)


def test_of_threads_that_begin_at_once_one_trains():
    for _ in range(30):
        trainer, results = make(batch_size=8), []
        together = threading.Barrier(4)

        def work(trainer=trainer, results=results, together=together):
            together.wait()
            try:
                trainer.fit(X, LABELS, epochs=3)
                results.append("trained")
            except RuntimeError as error:
                results.append(str(error))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        trained, alone = results.count("trained"), make(batch_size=8)
        assert len(results) == 4 and trained >= 1
        alone.fit(X, LABELS, epochs=3 * trained)
        assert trainer.epoch == 3 * trained and trainer.model.network.parameters.tobytes() == alone.model.network.parameters.tobytes()


def test_an_error_gives_the_model_back():
    trainer = make()
    for _ in range(2):
        for call in (lambda: trainer.fit(X, LABELS, epochs=1, on_interrupt="x"), lambda: trainer.step(X * np.nan, LABELS)):
            with pytest.raises(ValueError, match=r"on_interrupt|X"):
                call()
    turns = trainer.model.turns
    assert turns.users == turns.readers == [] and not turns.changes


@pytest.mark.skipif(sys.platform == "win32", reason="has no fork")
def test_a_child_forked_in_the_middle_says_so():
    trainer = make(batch_size=8)
    with Training(trainer, MANY_X, MANY_LABELS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while not trainer.model.turns.changes:
            time.sleep(0)
        pid = os.fork()
        if pid == 0:
            found = []
            for call in (lambda: trainer.model.predict(X), lambda: CALLS["step"](trainer), lambda: trainer.evaluate(X, LABELS)):
                try:
                    call()
                except RuntimeError as error:
                    found.append("this process was forked while fit in another thread had the model" in str(error))
            os._exit(0 if found == [True] * 3 or (found == [True] and not trainer.model.turns.changes) else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_change_waits_for_those_who_look_and_lets_those_in_who_waited():
    turns, order = Turns(), []
    user = User("fit")
    turns.users.append(user)

    def look(name, inside=0.0):
        def inner():
            order.append(f"{name} looks")
            time.sleep(inside)
            order.append(f"{name} ends")

        turns.look(inner)

    first = threading.Thread(target=look, args=("first", 0.2))
    first.start()
    while not order:
        time.sleep(0.001)
    turns.begin_change()
    order.append("change")
    second = threading.Thread(target=look, args=("second",))
    second.start()
    time.sleep(0.05)
    order.append("changed")
    turns.end_change()
    turns.begin_change()
    order.append("change again")
    turns.end_change()
    first.join()
    second.join()
    assert order == ["first looks", "first ends", "change", "changed", "second looks", "second ends", "change again"]
    assert N and turns.readers == []
