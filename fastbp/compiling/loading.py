"""The first training of a process: it imports, compiles or loads kernels, and starts Numba's threads. A fork waits until that is done.

Of all threads a child has the one that forked, and would wait for ever for what another had locked: Numba's compiler, or a module that it
was importing.
"""

from __future__ import annotations

import os

import numba
from numba.core.compiler_lock import global_compiler_lock

#: Numba's own; to be held by whoever does any of these.
loading = global_compiler_lock


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


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=loading.acquire, after_in_parent=loading.release, after_in_child=loading.release)
