"""How long cores have been busy, and for whom: shows whether others computed during the turns, or a worker after its own."""

from __future__ import annotations

import os
from pathlib import Path

_STAT = Path("/proc/stat")
# Of user, nice, system, idle, iowait, irq, softirq, steal: all but idle and iowait.
_COUNTED = (0, 1, 2, 5, 6, 7)


def busy_seconds(threads: int) -> float | None:
    """Time that the cores which workers of so many threads are bound to have been busy for anyone; None where the system does not tell."""
    if not (_STAT.exists() and hasattr(os, "sched_getaffinity")):
        return None
    cores = {f"cpu{number}" for number in sorted(os.sched_getaffinity(0))[:threads]}
    lines = (line.split() for line in _STAT.read_text().splitlines())
    ticks = sum(int(counts[i]) for name, *counts in lines if name in cores for i in _COUNTED)
    return ticks / os.sysconf("SC_CLK_TCK")


def seconds_of(process: int) -> float | None:
    """Time that all threads of a process have computed; None where the system does not tell, or when it has ended."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    # Before the last bracket lies a name, in which there may be spaces; of what follows the 12th and 13th are user and system time.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
