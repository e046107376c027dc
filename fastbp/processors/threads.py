"""How many threads compute. The choice changes the time a step takes and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numba

from fastbp._names import integer
from fastbp.compiling.loading import threads_set
from fastbp.kernels.arguments import Network, widest
from fastbp.kernels.lanes.sizes import BYTES, parts_of
from fastbp.kernels.loader import programs
from fastbp.processors import cpus
from fastbp.processors.process import inherited, parallel_region

if TYPE_CHECKING:
    from fastbp.kernels.block import Prepared


class _Own(threading.local):
    """Of each Python thread."""

    share: Share | None = None


_own = _Own()

# Below so many multiply-adds a task, the tasks of a step wait for each other longer than they compute.
_WORK_PER_TASK = 100_000
# A step of so many has phases far longer than the system's time slices, so that several threads never lose against one.
_LONG = 1_000_000_000


class Share:
    """How many threads the calls of one Python thread may use; whoever has divided them among several may change it at any time."""

    def __init__(self, threads: int) -> None:
        self.threads = threads


@contextmanager
def sharing(share: Share) -> Iterator[None]:
    """Let the calls of this Python thread use no more threads than its share is."""
    before = _own.share
    _own.share = share
    try:
        yield
    finally:
        _own.share = before


def most_threads() -> int | None:
    """How many this Python thread may use; None where nobody has divided them."""
    return None if _own.share is None else _own.share.threads


def check_threads(threads: object) -> int | None:
    """`threads` as an int that Numba can run, or None."""
    if threads is None:
        return None
    number = integer(threads, "threads", least=1)
    available: int = getattr(numba.config, "NUMBA_NUM_THREADS")  # noqa: B009  # Numba's stubs do not know it
    if number > available:
        raise ValueError(f"threads is {number}; Numba was started with {available} (NUMBA_NUM_THREADS)")
    return number


def plan_tasks(network: Network, rows: int, threads: int | None) -> int:
    """Into how many tasks to cut each loop: what was asked for, otherwise as many threads as the work of a step can feed and has parts for.

    They are no more than the thread's share.
    """
    most = most_threads()
    if threads is not None:
        return threads if most is None else min(threads, most)
    worth = multiply_adds(network, rows) // _WORK_PER_TASK
    if most is not None:
        worth = min(worth, most)
    # To ask for processors is a call of the system; to ask Numba starts its threads, which a process that may be forked yet does better
    # without.
    if worth < 2 or inherited() or cpus.available() < 2:
        return 1
    tasks = min(worth, cpus.available(), threads_set())
    # Even where neither rows nor units can be shared by two, the gradients of weights can.
    return tasks if tasks <= 2 else min(tasks, max(2, _parts(network, rows)))


def _parts(network: Network, rows: int) -> int:
    return parts_of(rows, int(widest(network)), network.size, BYTES // network.parameters.itemsize)


def task_choices(network: Network, rows: int, threads: int | None) -> tuple[int, ...]:
    """The numbers of tasks worth timing: what was asked for, otherwise the plan and, where steps are not long, one."""
    plan = plan_tasks(network, rows, threads)
    return (plan,) if threads is not None or plan == 1 or multiply_adds(network, rows) > _LONG else (plan, 1)


def multiply_adds(network: Network, rows: int) -> int:
    """Of a step."""
    return 3 * rows * network.size


@contextmanager
def running(tasks: int) -> Iterator[int]:
    """Gives how many tasks to run: `tasks`, each on a thread of Numba's, or one. The caller's number of threads is restored."""
    with parallel_region() as granted:
        if not granted:
            yield 1
            return
        with set_threads(tasks):
            yield tasks


def start(call: Prepared, tasks: int) -> None:
    """Have the compiled program make a call, on `tasks` threads of Numba's where these may run, else on one."""
    if tasks == 1:
        programs().run(call, 1)
        return
    with running(tasks) as granted:
        programs().run(call, granted)


@contextmanager
def set_threads(count: int) -> Iterator[None]:
    """Have Numba's parallel loops run on `count` threads, and give the caller's number back afterwards."""
    before = numba.get_num_threads()
    numba.set_num_threads(count)
    try:
        yield
    finally:
        numba.set_num_threads(before)
