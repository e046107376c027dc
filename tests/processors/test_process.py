"""Who may start parallel loops: one thread at a time, and nobody in a process that was forked after Numba's threads had started."""

import logging
import os
import threading

import pytest

from fastbp import _log
from fastbp.processors import process


def granted():
    with process.parallel_region() as may:
        return may


def test_one_at_a_time_may():
    with process.parallel_region() as first:
        assert first and not granted()
        with process.parallel_region() as second:
            assert not second
        # What was not granted gives nothing back.
        assert not granted()
    assert granted()


def test_another_thread_does_not_wait():
    found = []
    with process.parallel_region() as first:
        thread = threading.Thread(target=lambda: found.append(granted()))
        thread.start()
        thread.join(10)
    assert first and found == [False]


def test_who_finds_another_is_told_once(monkeypatch, caplog):
    monkeypatch.setattr(_log, "_said", {})
    with caplog.at_level(logging.INFO, "fastbp"):
        assert granted() and not caplog.records
        with process.parallel_region():
            assert not granted() and not granted()
    assert [(record.levelname, "one thread while another call" in record.message) for record in caplog.records] == [("INFO", True)]


def test_nothing_is_told_in_a_thread_that_is_not_pythons(monkeypatch):
    monkeypatch.setattr(_log, "_said", {})
    monkeypatch.setattr(threading, "enumerate", lambda: [])
    with process.parallel_region():
        assert not granted()
    assert not _log._said


def test_an_error_gives_the_region_back():
    with pytest.raises(RuntimeError, match="inside"), process.parallel_region():
        raise RuntimeError("inside")
    assert granted()


def test_a_process_of_its_own_has_inherited_nothing():
    assert not process.inherited()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
@pytest.mark.parametrize("started", [False, True])
def test_a_child_may_when_numbas_threads_had_not_started(run_python, started):
    code = (
        "import logging, os, sys, warnings, numba, fastbp\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "logging.disable()\n"
        "from fastbp.processors import process\n"
        "if len(sys.argv) > 1:\n"
        "    numba.get_num_threads()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    with process.parallel_region() as granted:\n"
        "        os._exit(10 + granted + 2 * process.inherited())\n"
        "with process.parallel_region() as granted:\n"
        "    print(granted, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert run_python(code, *["started"] * started).split() == ["True", "12" if started else "11"]
