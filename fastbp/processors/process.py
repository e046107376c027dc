"""Whether Numba's threads may run here and now. Where they may not, one thread computes, with the same bits.

A process in which GNU OpenMP has run parallel loops cannot be forked: the child dies at its first one, and one that shares any other pool
of threads waits for threads that it has not got. Numba's workqueue layer ends the process at a second parallel loop beside a first,
whoever starts it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastbp._log import tell_once, was_told
from fastbp.compiling.loading import layer, threads_set

# Threads of these modules and names serve progress bars, notebooks and messages, and start no kernels. A notebook would never train on all
# threads if they counted.
_IDLE_MODULES = {
    "fastbp.distributed.pulse", "fastbp.distributed.pump",
    "IPython.core.history", "ipykernel.control", "ipykernel.heartbeat", "ipykernel.iostream", "ipykernel.parentpoller",
    "ipykernel.shellchannel", "tqdm._monitor", "zmq.utils.garbage",
}  # fmt: skip
_IDLE_NAMES = ("IOPub", "_watch_pipe_fd")

_OTHERS = "fastbp computes on one thread while another call is under way: one at a time may use several, and nobody waits"

_lock = threading.Lock()
_inherited = False


@contextmanager
def parallel_region() -> Iterator[bool]:
    """Whether the caller may start parallel loops until it leaves. One thread at a time may; no other waits for it."""
    lock = _lock
    if inherited():
        yield False
        return
    if not lock.acquire(blocking=False):
        _tell_of_others()
        yield False
        return
    try:
        yield _safe_here()
    finally:
        lock.release()


def inherited() -> bool:
    """Whether the process was forked from one that had started Numba's threads, which are not in it."""
    if _inherited:
        tell_once("fastbp trains on one thread in this process: it was forked after Numba had started its threads")
    return _inherited


def _tell_of_others() -> None:
    # Not in a thread of Numba's: to log there would list it among Python's for good.
    if not was_told(_OTHERS) and threading.get_ident() in [thread.ident for thread in threading.enumerate()]:
        tell_once(_OTHERS, logging.INFO)


def _safe_here() -> bool:
    threads_set()
    alive, this = [thread.ident for thread in threading.enumerate() if not _is_idle(thread)], threading.get_ident()
    if this not in alive:
        # One of Numba's own threads, in a parallel loop that has called back: an inner loop is fatal, or may find no threads.
        return False
    if layer() != "workqueue" or len(alive) == 1:
        return True
    tell_once(
        "fastbp trains on one thread while other Python threads live, since a parallel loop in one of them would end the process: "
        "Numba's threading layer is workqueue; with the package tbb, or with OpenMP, it is another"
    )
    return False


def _is_idle(thread: threading.Thread) -> bool:
    return type(thread).__module__ in _IDLE_MODULES or thread.name.strip("()").endswith(_IDLE_NAMES)


def _after_fork() -> None:
    global _lock, _inherited
    _lock = threading.Lock()
    _inherited = layer() is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
