"""What a process must hold while it loads kernels or starts Numba's threads, and that a fork waits for it."""

import os
import threading
import time

import pytest

from fastbp.compiling import loading


def test_asking_for_the_threads_starts_them(run_python):
    code = (
        "import numba, fastbp\n"
        "from fastbp.compiling.loading import layer, threads_set\n"
        "print(layer(), threads_set(), layer() in ('omp', 'tbb', 'workqueue'))\n"
        "numba.set_num_threads(1)\n"
        "print(threads_set())"
    )
    assert run_python(code, NUMBA_NUM_THREADS="2").split() == ["None", "2", "True", "1"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_a_fork_waits_for_a_thread_that_loads_and_the_child_may_load(run_python):
    code = (
        "import os, signal, threading, time, warnings\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "from fastbp.compiling.loading import loading\n"
        "began, done = threading.Event(), []\n"
        "def load():\n"
        "    with loading:\n"
        "        began.set()\n"
        "        time.sleep(0.5)\n"
        "        done.append(True)\n"
        "thread = threading.Thread(target=load)\n"
        "thread.start()\n"
        "began.wait()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    signal.alarm(20)\n"
        "    with loading:\n"
        "        os._exit(0 if done else 1)\n"
        "thread.join()\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert run_python(code) == "0\n"


def test_what_is_imported_later_is_so_once_and_under_the_lock():
    asked, together, found = [], threading.Barrier(4), []

    @loading.imported
    def module():
        asked.append(loading.loading.is_locked())
        time.sleep(0.05)
        return object()

    def ask():
        together.wait()
        found.append(module())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == [True] and len({id(each) for each in found}) == 1 and module() is found[0]
