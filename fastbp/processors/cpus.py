"""How many processors the process may use: by its affinity, and by the share of time that a container grants it."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterator
from pathlib import Path


def available() -> int:
    """Processors that this thread may run on now, or fewer where a control group grants less time than theirs."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, _own_quota())


@functools.cache
def _own_quota() -> int:
    return quota(Path("/")) or os.cpu_count() or 1


def quota(root: Path) -> int | None:
    """Processors' worth of time granted to the process by its control group and those above it, rounded up; None without a limit."""
    limits = [limit for folder in _groups(root) for limit in (_limit_v2(folder), _limit_v1(folder)) if limit is not None]
    return max(1, math.ceil(min(limits))) if limits else None


def _groups(root: Path) -> Iterator[Path]:
    """Where the files of the process's own group and of those above it may be. A container may see them at the top alone."""
    mounted = root / "sys/fs/cgroup"
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        names = [name for name in path.split("/") if name not in ("", "..")]
        for mount in {controllers, "cpu"} if controllers else ("", "unified"):
            for depth in range(len(names) + 1):
                yield mounted.joinpath(mount, *names[:depth])


def _limit_v2(folder: Path) -> float | None:
    return _ratio(*(_text(folder / "cpu.max") or "").split())


def _limit_v1(folder: Path) -> float | None:
    return _ratio(*(_text(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")))


def _ratio(granted: str = "", period: str = "", *_: str) -> float | None:
    """``granted / period``, or None where they are no such numbers: "max" in version 2 and -1 in version 1 mean no limit."""
    try:
        limit = int(granted) / int(period)
    except (ValueError, ZeroDivisionError):
        return None
    return limit if limit > 0 else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return None
