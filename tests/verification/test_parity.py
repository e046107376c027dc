"""The checks of thread counts see bits that differ and a count that is not restored."""

import contextlib

import numba
import pytest
from some_checks import failures

import fastbp
from fastbp.kernels import programs
from fastbp.training import engine
from fastbp.verification import parity, paths

needs_two = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread")


@needs_two
def test_bits_that_differ_between_thread_counts_are_seen(monkeypatch):
    run = programs.run

    def changed(*arguments):
        run(*arguments)
        if arguments[-1] == 2 and arguments[0] == fastbp.kernels.codes.PREDICT:
            arguments[-2].view(f"u{arguments[-2].itemsize}")[-1, -1] ^= 1

    monkeypatch.setattr(programs, "run", changed)
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
    monkeypatch.setattr(engine, "running", running)
    failed = failures(parity.callers_thread_count_is_restored)
    assert "numba.get_num_threads() after threads=2 is 2; expected 1 (error 1, limit 0)" in failed
    assert numba.get_num_threads() == before
