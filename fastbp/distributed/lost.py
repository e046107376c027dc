"""When a process is lost the others end. None can go on, and a step may be half made: callbacks must not write what is there now."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

# Seconds that a message has to come to the terminal, and mpiexec to end this process.
_ON_ITS_WAY, _PATIENCE = 1.0, 1.0


def end_on_errors(library: Any, comm: Any) -> None:
    """Have every error of MPI in calls on this communicator end the process; as an exception it would come to callbacks, which write."""

    def end(at: Any, code: int) -> None:
        give_up(at, f"has lost another process ({library.Get_error_string(code)})")

    comm.Set_errhandler(library.Comm.Create_errhandler(end))


def give_up(comm: Any, what: str, gone: bool = False) -> None:
    """Say what happened, and end this process and all that can be reached; `gone`: the host of another may be."""
    print(
        f"fastbp: rank {comm.Get_rank()} {what}. The run cannot go on, and nothing more is written. Start it again from its last "
        "checkpoint: fastbp.Trainer.resume(path, distributed=fastbp.MPI())",
        file=sys.stderr,
        flush=True,
    )
    # MPI waits for mpiexec with Python's lock held, so that no thread of Python could end this process then.
    faulthandler.dump_traceback_later(_ON_ITS_WAY + _PATIENCE, exit=True, file=open(os.devnull, "w"))  # noqa: SIM115  # it stays open
    if gone and (launcher := _mpiexec()) is not None:
        # It would wait for the host for ever. Without it all that it has started ends.
        time.sleep(_ON_ITS_WAY)
        with contextlib.suppress(ProcessLookupError):
            os.kill(launcher, signal.SIGKILL)
    comm.Abort(1)


def _mpiexec() -> int | None:
    """MPICH's, where this process was started by it on its own machine."""
    name, pid = "", os.getpid()
    try:
        for expected in ("", "hydra_pmi_proxy", "mpiexec"):
            name, _, more = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
            if not name.startswith(expected):
                return None
            found, pid = pid, int(more.split()[1])
    except OSError:
        return None
    return found
