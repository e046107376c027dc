"""What the processes of test_process_matrix.py do: each case trains the same net somewhere else, and gives what came of it."""

import concurrent.futures
import hashlib
import json
import logging
import multiprocessing
import os
import signal
import threading
import time
import traceback

import numba
import numpy as np

import fastbp
from fastbp.compiling import loading
from fastbp.kernels import programs
from fastbp.processors import process

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 40)).astype(np.float32)
LABELS = RANDOM.integers(0, 3, 300)

_told, _here, _run = [], threading.local(), programs.run


class _Handler(logging.Handler):
    def emit(self, record):
        _told.append(record.getMessage())


def _noted(*arguments):
    _here.threads.add(arguments[-1])
    _run(*arguments)


def train(threads=2):
    """A digest of what training leaves, and on how many threads it ran.

    Long enough that several overlap, in few steps: on a busy machine each may take a time slice or two.
    """
    _here.threads, programs.run = set(), _noted
    model = fastbp.MLP([40, 200, 200, 3], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=150, seed=0, threads=threads)
    history = trainer.fit(X, LABELS, epochs=30, validation_data=(X, LABELS))
    parts = [model.network.parameters.tobytes(), model.predict(X).tobytes(), np.array([history.loss, history.val_loss]).tobytes()]
    return {"digest": hashlib.sha256(b"".join(parts)).hexdigest(), "threads": sorted(_here.threads)}


def in_a_fork(work):
    """What `work` returns in a forked child, which must end well and within a minute."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(60)
            os.write(write, json.dumps(work()).encode())
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as file:
        answer = file.read()
    status = os.waitpid(child, 0)[1]
    assert status == 0, status
    return json.loads(answer)


def plain():
    return [train()]


def fork_before_use():
    # Held as if another thread of the parent trained.
    with process._lock:
        child = in_a_fork(train)
    results = [child, train()]
    assert [result["threads"] for result in results] == [[2]] * 2, results
    return results


def fork_after_use():
    def child():
        results = [train(), train(None), in_a_fork(train)]
        assert len(_told) == 1 and "forked" in _told[0], _told
        return results

    train()
    results = in_a_fork(child)
    assert [result["threads"] for result in results] == [[1]] * 3, results
    assert not _told
    return [*results, train()]


def fork_after_a_kernel():
    """Numba's threads were started, but not by fastbp."""
    ones(np.zeros(1000))
    return [in_a_fork(train), train()]


def fork_while_a_thread_trains():
    """The first time while it loads the kernels, which holds a lock that no thread of the child would open."""
    stop, lock = threading.Event(), loading.loading._lock

    def go_on():
        while not stop.is_set():
            train()

    training = threading.Thread(target=go_on)
    training.start()
    while lock.acquire(blocking=False):
        lock.release()
        time.sleep(0.001)
    try:
        return [in_a_fork(train) for _ in range(4)]
    finally:
        stop.set()
        training.join()


def _in_a_pool(method):
    train()
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        return [pool.submit(train).result(60)]


def fork_pool():
    return _in_a_pool("fork")


def spawn():
    return _in_a_pool("spawn")


def forkserver():
    return _in_a_pool("forkserver")


def loky():
    import joblib

    train()
    return joblib.Parallel(2, backend="loky", timeout=60)(joblib.delayed(train)() for _ in range(2))


def joblib_threads():
    import joblib

    return joblib.Parallel(4, backend="threading")(joblib.delayed(train)(threads) for threads in (None, 2) * 2)


def four_threads():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(train, threads) for threads in (2, 2, 2, None)]]
    after = train()
    assert after["threads"] == [2]
    return [*results, after]


@numba.njit(parallel=True, nogil=True, cache=True)
def ones(values):
    for i in numba.prange(values.size):
        values[i] += 1


def kernel_in_main_thread():
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        values, count = np.zeros(100_000), 1
        ones(values)
        training = pool.submit(train)
        while not training.done():
            ones(values)
            count += 1
    assert count > 1 and (values == count).all()
    return [training.result()]


def kernel_in_another_thread():
    stop, values = threading.Event(), np.zeros(100_000)

    def count():
        while not stop.is_set():
            ones(values)

    kernels = threading.Thread(target=count)
    kernels.start()
    while values[0] == 0:
        time.sleep(0.001)
    results = [train()]
    stop.set()
    kernels.join()
    assert (values == values[0]).all()
    return results


def nested():
    results = []

    def keep():
        results.append(train())

    @numba.njit(parallel=True)
    def both():
        for _ in numba.prange(2):
            with numba.objmode():
                keep()

    both()
    assert len(results) == 2 and threading.active_count() == 1
    after = train()
    assert after["threads"] == [2]
    return [*results, after]


def beside_idle_threads():
    """The threads of tqdm and of a notebook's kernel are no reason to train on one."""
    from tqdm import tqdm

    stop = threading.Event()
    served = [threading.Thread(target=stop.wait, name=name) for name in ("IOPub", "Thread-1 (_watch_pipe_fd)")]
    for thread in served:
        thread.start()
    with open(os.devnull, "w") as nowhere, tqdm(file=nowhere):
        result = train()
    stop.set()
    assert result["threads"] == [2] and not _told, (result, _told)
    return [result]


def main(case):
    logging.getLogger("fastbp").addHandler(_Handler())
    print(json.dumps([result["digest"] for result in globals()[case]()]))
