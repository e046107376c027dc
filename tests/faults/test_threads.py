"""Many threads that use one trainer at once: none hangs, and the run is that of the one that has the model."""

import random
import threading
import time

import numpy as np
from small_task import LABELS, StopAt, X, bits, make

import fastbp

_RUNS = {True: 200, False: 6}
_PATIENCE = 30
MANY_X, MANY_LABELS = np.tile(X, (300, 1)), np.tile(LABELS, 300)


def cases(whole):
    return range(_RUNS[whole])


class For(fastbp.Callback):
    """Stops after some seconds."""

    def __init__(self, seconds, began):
        self.seconds, self.began = seconds, began

    def on_fit_begin(self, run):
        self.end = time.monotonic() + self.seconds
        self.began.set()

    def on_pause(self, run):
        return time.monotonic() > self.end


def refused(trainer, draw):
    """A call that trains, or computes with the buffers of training."""
    other = fastbp.Trainer(trainer.model, loss="cross_entropy")
    return draw.choice(
        [
            lambda: trainer.fit(X, LABELS, epochs=1),
            lambda: trainer.step(X[:3], LABELS[:3]),
            lambda: trainer.loss_and_gradients(X, LABELS),
            lambda: other.fit(X, LABELS, epochs=1),
            lambda: other.step(X[:3], LABELS[:3]),
            lambda: trainer.model.set_weights(trainer.model.get_weights()),
        ]
    )


def allowed(trainer, path, draw):
    """A call that looks."""
    return draw.choice(
        [
            lambda: trainer.model.predict(X),
            lambda: trainer.model.predict(X[:1]),
            lambda: trainer.evaluate(X, LABELS),
            lambda: trainer.save(path),
            lambda: trainer.model.save(path.with_suffix(".model")),
        ]
    )


def use(trainer, path, seed, stop, wrong):
    """Calls of all kinds until told to end; notes those that do not end as they should."""
    draw = random.Random(seed)
    try:
        while not stop.is_set():
            if draw.random() < 0.5:
                allowed(trainer, path, draw)()
                continue
            try:
                refused(trainer, draw)()
                wrong.append("a second user was not refused")
            except RuntimeError as error:
                if "fit in thread 'trains' is training the model" not in str(error):
                    wrong.append(str(error))
    except BaseException as error:
        wrong.append(repr(error))


def test_one_of_many_threads_trains(case, tmp_path, tally):
    draw, trainer, began, wrong, stop = random.Random(case), make(batch_size=8), threading.Event(), [], threading.Event()
    last = For(draw.uniform(0.05, 0.2), began)

    def train():
        trainer.fit(MANY_X, MANY_LABELS, epochs=10_000, callbacks=last)

    trains = threading.Thread(target=train, name="trains")
    trains.start()
    assert began.wait(_PATIENCE)
    users = [threading.Thread(target=use, args=(trainer, tmp_path / str(i), (case, i).__hash__(), stop, wrong)) for i in range(4)]
    # They end before the fit does, which then goes on for a while.
    last.end += 1
    for user in users:
        user.start()
    time.sleep(draw.uniform(0.02, 0.1))
    stop.set()
    for thread in users:
        thread.join(_PATIENCE)
        assert not thread.is_alive()
    last.end = time.monotonic()
    trains.join(_PATIENCE)
    assert not trains.is_alive() and wrong == []
    alone = make(batch_size=8)
    alone.fit(MANY_X, MANY_LABELS, epochs=10_000, callbacks=StopAt(trainer.steps))
    assert bits(alone) == bits(trainer)
    tally["runs with four threads beside the one that trains"] += 1
