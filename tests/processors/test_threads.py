"""The number of threads changes no bit of the result, and the caller's own number not at all."""

import numba
import numpy as np
import pytest

import fastbp
from fastbp.kernels import programs
from fastbp.kernels.codes import SCORE, TRAIN
from fastbp.processors import cpus, process, threads
from fastbp.processors.threads import Share, most_threads, plan_tasks, sharing, task_choices

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 40)).astype(np.float32)
LABELS = RANDOM.integers(0, 3, 300)
TARGETS = RANDOM.normal(size=(300, 3))

needs_two = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")


@pytest.fixture(autouse=True)
def callers_threads():
    """Each test begins with all threads, and must leave as many, for anyone to use."""
    everything = numba.config.NUMBA_NUM_THREADS
    numba.set_num_threads(everything)
    yield
    left = numba.get_num_threads()
    numba.set_num_threads(everything)
    assert left == everything
    assert not process._lock.locked()


def run(
    threads, sizes=(40, 30, 3), *, loss="cross_entropy", y=LABELS, batch_size=64, optimizer="adam", dtype="float32", rows=300, weights=None
):
    model = fastbp.MLP(sizes, activation="tanh", dtype=dtype, seed=0)
    trainer = fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=batch_size, seed=0, threads=threads)
    history = trainer.fit(X[:rows], y[:rows], epochs=2, validation_data=(X, y), sample_weight=weights)
    loss_value, dW, db = trainer.loss_and_gradients(X, y)
    gradients = [g.tobytes() for g in dW + db]
    scores = trainer.evaluate(X, y)
    return history.loss, history.val_loss, loss_value, gradients, scores, model.predict(X).tobytes(), model.network.parameters.tobytes()


def assert_same_bits(**settings):
    one = run(1, **settings)
    assert np.isfinite(one[0]).all()
    assert run(2, **settings) == one
    assert run(None, **settings) == one


@needs_two
@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 17, 64, 300, None])
@pytest.mark.parametrize("sizes", [(40, 3), (40, 1, 3), (40, 17, 33, 5, 3), (40, 400, 300, 3)], ids=str)
def test_nets_and_batches(sizes, batch_size):
    assert_same_bits(sizes=sizes, batch_size=batch_size, rows=40 if batch_size in (1, 2, 3) else 300)


@needs_two
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "optimizer",
    ["sgd", fastbp.SGD(0.1, momentum=0.9, nesterov=True), "rmsprop", fastbp.RMSprop(centered=True, momentum=0.5), "adam", "adamw"],
    ids=["sgd", "nesterov", "rmsprop", "centered", "adam", "adamw"],
)
def test_optimizers_and_types(optimizer, dtype):
    assert_same_bits(optimizer=optimizer, dtype=dtype)


@needs_two
@pytest.mark.parametrize(
    ("loss", "y"), [("squared_error", TARGETS), ("binary_cross_entropy", TARGETS > 0), ("cross_entropy", np.eye(3)[LABELS])]
)
def test_losses(loss, y):
    assert_same_bits(loss=loss, y=y)


@needs_two
def test_weighted_rows():
    assert_same_bits(weights=np.linspace(0, 3, 300))


@needs_two
def test_a_run_may_go_on_with_another_number_of_threads():
    trainers = [fastbp.Trainer(fastbp.MLP([40, 30, 3], seed=0), loss="cross_entropy", optimizer="adam", seed=0) for _ in range(2)]
    for trainer, counts in zip(trainers, [(1, 1), (2, 1)], strict=True):
        for trainer.threads in counts:
            trainer.fit(X, LABELS, epochs=1)
    assert trainers[0].history.loss == trainers[1].history.loss
    assert trainers[0].model.network.parameters.tobytes() == trainers[1].model.network.parameters.tobytes()


@needs_two
@pytest.mark.parametrize("mine", [1, 2])
@pytest.mark.parametrize("threads", [1, 2, None])
def test_callers_thread_count_is_restored(threads, mine):
    numba.set_num_threads(mine)
    trainer = fastbp.Trainer(fastbp.MLP([40, 400, 300, 3], seed=0), loss="cross_entropy", seed=0, threads=threads)
    for call in (lambda *data: trainer.fit(*data, epochs=1), trainer.step, trainer.loss_and_gradients, trainer.evaluate):
        call(X, LABELS)
        assert numba.get_num_threads() == mine
    trainer.model.predict(X)
    assert numba.get_num_threads() == mine
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


@needs_two
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("method", ["on_fit_begin", "on_epoch_end", "on_fit_end"])
def test_callers_thread_count_is_restored_after_an_error(method, error):
    def fail(trainer):
        raise error

    callback = fastbp.Callback()
    setattr(callback, method, fail)
    numba.set_num_threads(1)
    trainer = fastbp.Trainer(fastbp.MLP([40, 400, 300, 3], seed=0), loss="cross_entropy", seed=0, threads=2)
    with pytest.raises(error):
        trainer.fit(X, LABELS, epochs=1, callbacks=callback)
    assert numba.get_num_threads() == 1
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


@needs_two
@pytest.mark.parametrize("kind", [TRAIN, SCORE], ids=["train", "score"])
def test_callers_thread_count_is_restored_after_an_error_between_steps(monkeypatch, kind):
    """A second Ctrl-C, say, raised as a compiled call returns."""

    run = programs.run

    def fail(*arguments):
        assert numba.get_num_threads() == 2
        if arguments[0]._held["kind"] == kind:
            raise KeyboardInterrupt
        run(*arguments)

    monkeypatch.setattr(programs, "run", fail)
    numba.set_num_threads(1)
    trainer = fastbp.Trainer(fastbp.MLP([40, 400, 300, 3], seed=0), loss="cross_entropy", seed=0, threads=2)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(X, LABELS, epochs=1, validation_data=(X, LABELS))
    assert numba.get_num_threads() == 1
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


@needs_two
def test_by_default_small_steps_run_on_one_thread_and_large_ones_on_all(monkeypatch):
    seen = []
    run = programs.run
    monkeypatch.setattr(programs, "run", lambda *arguments: (seen.append(arguments[-1]), run(*arguments)))
    for sizes in [(40, 30, 3), (40, 400, 300, 3)]:
        fastbp.Trainer(fastbp.MLP(sizes, seed=0), loss="cross_entropy", seed=0).step(X[:40], LABELS[:40])
    assert seen == [1, min(numba.config.NUMBA_NUM_THREADS, cpus.available())]


def test_a_thread_uses_no_more_than_its_share():
    network = fastbp.MLP((40, 400, 300, 3), seed=0).network
    whole = plan_tasks(network, 64, None)
    share = Share(1)
    with sharing(share):
        assert most_threads() == plan_tasks(network, 64, None) == plan_tasks(network, 64, 5) == 1
        assert task_choices(network, 64, None) == (1,)
        share.threads = 3
        assert plan_tasks(network, 64, 5) == 3 and plan_tasks(network, 64, 2) == 2 and plan_tasks(network, 64, None) == min(3, whole)
    assert most_threads() is None and plan_tasks(network, 64, 5) == 5


@pytest.mark.parametrize(
    ("sizes", "rows", "dtype", "tasks"),
    [
        ((64, 64, 8), 256, "float32", 16),  # vectors of rows
        ((64, 64, 8), 256, "float64", 32),
        ((784, 512, 10), 128, "float32", 32),  # vectors of units
        ((64, 64, 8), 4096, "float32", 15),  # shards
        ((4000, 16, 10), 16, "float32", 2),
        ((1024, 2048, 10), 2000, "float32", 64),
        ((64, 64, 8), 8, "float32", 1),
    ],
)
def test_on_many_processors_there_are_no_more_tasks_than_parts(monkeypatch, sizes, rows, dtype, tasks):
    monkeypatch.setattr(cpus, "available", lambda: 64)
    monkeypatch.setattr(threads, "threads_set", lambda: 64)
    network = fastbp.MLP(sizes, dtype=dtype, seed=0).network
    assert plan_tasks(network, rows, None) == tasks
    assert plan_tasks(network, rows, 64) == 64, "as asked"


@needs_two
def test_who_finds_parallel_loops_running_takes_one_thread(monkeypatch):
    wanted, seen, call = run(2), [], programs.run
    monkeypatch.setattr(programs, "run", lambda *arguments: (seen.append(arguments[-1]), call(*arguments)))
    with process.parallel_region() as granted:
        assert granted and run(2) == wanted
    assert set(seen) == {1}


@needs_two
def test_threads_that_train_at_the_same_time_are_told_once(run_python):
    code = (
        "import logging, sys, threading, numpy as np, fastbp\n"
        "logging.basicConfig(stream=sys.stdout, level=logging.INFO)\n"
        "X, both = np.random.default_rng(0).normal(size=(64, 40)), threading.Barrier(2)\n"
        "class Wait(fastbp.Callback):\n"
        "    def on_fit_begin(self, run): both.wait(60)\n"
        "def train(callbacks=()):\n"
        "    trainer = fastbp.Trainer(fastbp.MLP([40, 400, 3], seed=0), loss='cross_entropy', threads=2)\n"
        "    trainer.fit(X, np.arange(64) % 3, epochs=200, callbacks=callbacks)\n"
        "train()\n"
        "print('alone')\n"
        "threads = [threading.Thread(target=train, args=(Wait(),)) for _ in range(2)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()"
    )
    alone, together = run_python(code, NUMBA_NUM_THREADS="2").split("alone\n")
    assert "one thread" not in alone and together.count("one thread while another call is under way") == 1


def test_numbas_own_limit_is_honoured(run_python):
    code = (
        "import sys, numpy as np, numba, fastbp\n"
        "X = np.random.default_rng(0).normal(size=(64, 40)).astype(np.float32)\n"
        "model = fastbp.MLP([40, 400, 300, 3], seed=0)\n"
        "trainer = fastbp.Trainer(model, loss='cross_entropy', seed=0)\n"
        "trainer.fit(X, np.arange(64) % 3, epochs=1)\n"
        "print(numba.get_num_threads(), trainer.history.loss)\n"
        "try:\n"
        "    fastbp.Trainer(model, loss='cross_entropy', threads=int(sys.argv[1]))\n"
        "except ValueError as error:\n"
        "    print(error)"
    )
    one, two = (run_python(code, limit + 1, NUMBA_NUM_THREADS=str(limit)).splitlines() for limit in (1, 2))
    assert one[0].split()[0] == "1" and two[0].split()[0] == "2"
    assert one[0].split()[1:] == two[0].split()[1:]
    assert one[1] == "threads is 2; Numba was started with 1 (NUMBA_NUM_THREADS)"
    assert two[1] == "threads is 3; Numba was started with 2 (NUMBA_NUM_THREADS)"
