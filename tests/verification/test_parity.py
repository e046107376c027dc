"""The checks of thread counts see bits that differ and a count that is not restored."""

import contextlib

import numba
import pytest
from some_checks import failures

from fastbp.inference import Inference
from fastbp.kernels import programs
from fastbp.processors import threads
from fastbp.verification import parity, paths

needs_two = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")


@needs_two
def test_bits_that_differ_between_thread_counts_are_seen(monkeypatch):
    run, ran = programs.run, []

    predict = Inference.predict

    def noted(call, tasks):
        ran.append(tasks)
        run(call, tasks)

    def changed(self, rows, threads=None):
        ran.clear()
        out = predict(self, rows, threads)
        if ran and ran[-1] == 2:
            out.view(f"u{out.itemsize}")[-1, -1] ^= 1
        return out

    monkeypatch.setattr(programs, "run", noted)
    monkeypatch.setattr(Inference, "predict", changed)
    failed = failures(parity.thread_counts_give_the_same_bits)
    assert all(": predict[" in each for each in failed)
    assert {path.name for path in paths.PATHS if any(each.startswith(f"{path.name} (") for each in failed)} >= {
        "wide layers",
        "ragged panels",
    }


@needs_two
def test_a_thread_count_that_is_not_restored_is_seen(monkeypatch):
    @contextlib.contextmanager
    def running(tasks):
        numba.set_num_threads(tasks)
        yield tasks

    before = numba.get_num_threads()
    monkeypatch.setattr(threads, "running", running)
    failed = failures(parity.callers_thread_count_is_restored)
    assert "numba.get_num_threads() after threads=2 is 2; expected 1 (error 1, limit 0)" in failed
    assert numba.get_num_threads() == before
