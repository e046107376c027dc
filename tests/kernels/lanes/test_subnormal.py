import os
import time

import numba
import numpy as np
import pytest

import fastbp
from fastbp.compiling.jit import program
from fastbp.kernels.lanes.subnormal import flush_subnormals, restore

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="plain Python has no such mode")


@program
def halve_flushed(values, out):
    mode = flush_subnormals()
    for i in range(values.size):
        out[i] = values[i] * values.dtype.type(0.5)
    restore(mode)


@program
def halve(values, out):
    for i in range(values.size):
        out[i] = values[i] * values.dtype.type(0.5)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_results_below_the_smallest_normal_are_zero_inside_and_not_after(dtype):
    tiny = np.finfo(dtype).tiny
    values, out = np.array([tiny, -tiny, 4 * tiny], dtype), np.empty(3, dtype)
    halve_flushed(values, out)
    assert out.tolist() == [0, 0, 2 * tiny]
    halve(values, out)
    assert out.tolist() == [tiny / 2, -tiny / 2, 2 * tiny]


@pytest.mark.parametrize("threads", [1, pytest.param(2, marks=pytest.mark.all_cores)])
def test_training_leaves_no_subnormals_in_the_optimizers_memory(threads):
    if threads > numba.config.NUMBA_NUM_THREADS:
        pytest.skip("one core")
    X = np.zeros((64, 30), "f4")
    X[0] = 1  # with the other rows at zero, the running means decay through the subnormals
    model = fastbp.MLP([30, 40, 2], activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer="adam", batch_size=8, shuffle=False, seed=0, threads=threads)
    trainer.fit(X, np.arange(64) % 2, epochs=1)
    for _ in range(1000):
        trainer.step(X[8:16], np.arange(8) % 2)
    slots = np.abs(trainer.run.memory.slots)
    assert not ((slots > 0) & (slots < np.finfo("f4").tiny)).any()
    assert (slots == 0).any()


def test_steps_on_decayed_means_are_as_fast_as_the_first():
    X, y = np.zeros((8, 200), "f4"), np.arange(8) % 2
    trainer = fastbp.Trainer(fastbp.MLP([200, 200, 2], seed=0), loss="cross_entropy", optimizer="adam", seed=0, threads=1)
    trainer.step(X + 1, y)
    seconds = []
    for _ in range(60):
        begin = time.perf_counter()
        for _ in range(20):
            trainer.step(X, y)
        seconds.append(time.perf_counter() - begin)
    # A mean decays by 0.9 a step: it is subnormal from about step 800 on. Microcode would cost a factor of ten.
    assert min(seconds[-20:]) < 4 * min(seconds[:20])
