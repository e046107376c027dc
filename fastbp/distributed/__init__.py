"""One run on several processes, of one machine or of many: who computes what, and what they tell each other.

========  ==========================================================
mpi       which processes there are: `MPI`, what a user gives
team      messages between them, and errors that all must hear of
pump      messages kept moving while kernels compute
pulse     signs of life, and who is missed
lost      the end of all when one is lost
spans     which parameters each process updates
joined    the rows of all processes as one data set
routes    which rows each process needs for some steps
ranks     a step: gradients of shards to the owners, parameters back
own_rows  what is asked of ``fit`` where each process has its rows
fitting   a call of ``fit``: the first process leads, the others work
========  ==========================================================

The first process runs ``fit`` as one process alone would, with its callbacks, validation, checkpoints and clock. Where its engine makes
steps it tells the others, and all make them together. So nothing that depends on a clock, a signal or a file is decided twice.
"""

from __future__ import annotations

from fastbp._table import later

#: The modules of the classes that are imported when they are asked for.
MODULES = {"MPI": "fastbp.distributed.mpi"}
__getattr__ = later(globals(), MODULES)
