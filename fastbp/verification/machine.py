"""What a report says of the machine and of the libraries."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import llvmlite
import numba
import numpy as np

from fastbp.verification.level import level, target
from fastbp.verification.parity import AVAILABLE


def machine() -> dict[str, str | int]:
    """Processor, what Numba compiles for, system, cores and Numba's threads."""
    return {
        "cpu": _cpu_name(),
        "target": target()[1],
        "level": level(),
        "system": platform.platform(),
        "cores": os.cpu_count() or 1,
        "threads": AVAILABLE,
    }


def versions() -> dict[str, str]:
    """Of Python, and of what computes."""
    import fastbp

    libraries = {module.__name__: str(module.__version__) for module in (fastbp, np, numba, llvmlite)}
    return {"python": platform.python_version()} | libraries


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
