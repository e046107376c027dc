"""The processes that ``mpiexec`` has started."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from fastbp._names import lookup, real
from fastbp.callbacks.extras import extra
from fastbp.training.shards import Processes

# Seconds.
_TIMEOUT = 300.0

_hooked = False


class MPI(Processes):
    """The processes that ``mpiexec`` has started, through mpi4py: ``pip install "fastbp[mpi]"``.

    All run the same script. In ``fit`` each computes some of the shards of every batch. What comes out has the same bits on any number of
    processes, on any number of threads, and in one process alone with as many `shards`.

    An error that nobody catches in one process ends them all.

    Parameters
    ----------
    rows : "all" or "own", default "all"
        Which rows ``fit`` is given in each process: "all", the same X and y in all, or "own", a part that no other process has. Those parts
        are one data set, one process after the other. Rows go where they are needed; what comes out has the bits of one process that has
        all.
    timeout : float, optional, default 300
        Seconds. A process that was not heard of for so long, as its host is gone or the network, is lost: all the others end, and say which
        one it was; MPICH's mpiexec, which would wait, is ended, too. Start again from the last checkpoint. While ``fit`` runs, a thread in
        each process tells the first one that it is there, and the first one tells the others; so validation, callbacks and compilation may
        take as long as they like. A process does not tell while it is stopped, by a debugger say, or while code that never lets go of
        Python's lock runs in it. None: nobody tells, and a lost process may be waited for for ever.

    Raises
    ------
    ImportError
        Where mpi4py is not installed.
    ValueError, TypeError
        For other `rows`, and a `timeout` that is no positive number.

    Examples
    --------
    >>> import fastbp
    >>> model = fastbp.MLP([1, 4, 1], seed=0)
    >>> trainer = fastbp.Trainer(model, loss="squared_error", shards=8, distributed=fastbp.MPI(), seed=0)
    >>> history = trainer.fit([[0.0], [1.0]], [0.0, 1.0], epochs=2)

    ``mpiexec -n 2 python train.py`` runs such a script on two.
    """

    def __init__(self, rows: str = "all", timeout: float | None = _TIMEOUT) -> None:
        self.rows = lookup(rows, {"all": "all", "own": "own"}, "rows")
        self.timeout = None if timeout is None else real(timeout, "timeout", exclusive=True)
        _end_together(self.library())

    @staticmethod
    def library() -> Any:
        """The module of the library."""
        return extra("mpi4py.MPI", "mpi")

    @property
    def is_first(self) -> bool:
        """Whether this process calls callbacks, writes files and shows the progress bar."""
        return bool(self.library().COMM_WORLD.Get_rank() == 0)

    def __repr__(self) -> str:
        usual = {"rows": "all", "timeout": _TIMEOUT}
        return f"MPI({', '.join(f'{name}={value!r}' for name, value in vars(self).items() if value != usual[name])})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MPI) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((MPI, self.rows, self.timeout))


def _end_together(library: Any) -> None:
    """Have an error that ends this process end the others, too, which would wait for it for ever."""
    global _hooked
    comm = library.COMM_WORLD
    if _hooked or comm.Get_size() == 1:
        return
    before, _hooked = sys.excepthook, True

    def end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        before(kind, error, trace)
        sys.stdout.flush()
        sys.stderr.flush()
        comm.Abort(1)

    sys.excepthook = end
