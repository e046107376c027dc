"""The first training of a process: it imports, compiles or loads kernels, and starts Numba's threads. A fork waits until that is done.

Of all threads a child has the one that forked, and would wait for ever for what another had locked: Numba's compiler, or a module that it
was importing.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite.binding import ffi
from numba.core.compiler_lock import global_compiler_lock

T = TypeVar("T")

#: Numba's own; to be held by whoever does any of these.
loading = global_compiler_lock


def imported(get: Callable[[], T]) -> Callable[[], T]:
    """What a function imports, the first time it is asked for: ``import fastbp`` does without, and a fork waits until it is there."""
    once = functools.cache(get)

    @functools.cache
    def module() -> T:
        with loading:
            return once()

    return module


def layer() -> str | None:
    """The name of Numba's threading layer, once its threads have been started."""
    try:
        return str(getattr(numba, "threading_layer")())  # noqa: B009  # Numba's stubs do not know it
    except ValueError:
        return None


def threads_set() -> int:
    """How many threads the caller has set Numba to use. To ask is to start them."""
    if layer() is None:
        with loading:
            numba.get_num_threads()
    return int(numba.get_num_threads())


# llvmlite's own: a thread takes it, outside of `loading`, too, when it throws machine code away.
_llvm = getattr(ffi.lib, "_lock", contextlib.nullcontext())


# What a fork waits for and holds, so that the child finds it free.
_locks: list[Any] = [loading, _llvm]
_held: list[Any] = []


def hold_at_forks(lock: Any) -> None:
    """Have every fork wait for this lock, too. The caller holds `loading`, so that no fork is under way."""
    _locks.append(lock)


def _before_fork() -> None:
    for lock in _locks:
        lock.__enter__()
        _held.append(lock)


def _after_fork() -> None:
    while _held:
        _held.pop().__exit__(None, None, None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
