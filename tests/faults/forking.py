"""A process whose threads train, save, predict and load, and that forks meanwhile; each child trains and saves. Prints what hung.

python forking.py SEED FORKS KIND
"""

import faulthandler
import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from pathlib import Path

import numpy as np

import fastbp

# Seconds after which a child hangs.
_PATIENCE = 10.0
X = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(np.int64)


def make(seed=0, threads=None):
    """A small trainer."""
    model = fastbp.MLP([3, 6, 2], activation="tanh", seed=seed)
    return fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=16, threads=threads)


def work(kind, folder, stop):
    """What a thread does until told to end."""
    trainer, number = make(threads=2 if kind == "train on two" else 1), threading.get_ident()
    checkpoint = fastbp.Checkpoint(folder / f"t{number}", every="7 steps")
    calls = {
        "train": lambda: trainer.fit(X, LABELS, epochs=2, callbacks=checkpoint, progress=True),
        "train on two": lambda: trainer.fit(X, LABELS, epochs=2),
        "save": lambda: (trainer.save(folder / f"s{number}"), fastbp.Trainer.resume(folder / f"s{number}")),
        "predict": lambda: (trainer.model.predict(X), trainer.model.predict(X[:1]), trainer.evaluate(X, LABELS)),
        "step": lambda: (trainer.step(X[:4], LABELS[:4]), make().loss_and_gradients(X, LABELS)),
        # Machine code for another element type is loaded, once.
        "load": lambda: fastbp.Trainer(fastbp.MLP([3, 2], dtype="float64"), loss="cross_entropy").fit(X, LABELS, epochs=1, progress=True),
    }
    while not stop.is_set():
        calls[kind]()


def child(folder):
    """Trains and saves; 0 when that went well."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    try:
        trainer, path = make(seed=1), folder / f"c{os.getpid()}"
        trainer.fit(X, LABELS, epochs=2, progress=True, validation_data=(X, LABELS), callbacks=fastbp.Checkpoint(path))
        trainer.save(path)
        fastbp.MLP.load(path).predict(X)
        return 0
    except BaseException:
        traceback.print_exc()
        return 1


def hangs(pid):
    """Whether a child did not end in time; its stacks are told, and it is killed."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.001)
    os.kill(pid, signal.SIGUSR1)
    time.sleep(0.5)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def main(seed, forks, kinds):
    """Fork so many times at random instants."""
    warnings.simplefilter("ignore")
    draw, stop, hung = random.Random(seed), threading.Event(), 0
    if "load" not in kinds:
        make().fit(X, LABELS, epochs=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        threads = [threading.Thread(target=work, args=(kind, folder, stop), daemon=True) for kind in kinds]
        for thread in threads:
            thread.start()
        for _ in range(forks):
            time.sleep(draw.uniform(0, 0.02))
            pid = os.fork()
            if pid == 0:
                os._exit(child(folder))
            hung += hangs(pid)
        stop.set()
        for thread in threads:
            thread.join(_PATIENCE)
    print(hung, sum(thread.is_alive() for thread in threads))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split("+"))
