"""Workers seen from the driver: starting them with as many threads as asked for, asking, ending them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Timer
from typing import NamedTuple

from benchmarks.comparison.busy import seconds_of

_ROOT = Path(__file__).parents[2]
# A worker that has not answered after so many seconds never will.
_PATIENCE = 1800
_LAST_LINES = 3


#: What keeps fastbp, PyTorch, MKL, oneDNN, XLA and OpenBLAS from AVX-512, on processors that have it.
AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}


class AbsentError(Exception):
    """A worker that takes no part (any more); says why."""


class Entrant(NamedTuple):
    """Who computes: a peer, the folder that it imports fastbp from, by default the one that these benchmarks lie in, and its program."""

    peer: str
    package: Path = _ROOT
    module: str = "benchmarks.comparison.worker"


class Worker:
    """The process of an entrant. It computes while it is asked, and sleeps otherwise."""

    def __init__(self, entrant: Entrant, threads: int) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # open as long as the process
        command = [sys.executable, "-m", entrant.module, entrant.peer, str(threads), str(entrant.package)]
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=os.environ | _settings(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ask(self, cmd: str, **arguments: object) -> dict:
        """The reply to a request; AbsentError when the worker skips the net, fails, ends or hangs."""
        alarm = Timer(_PATIENCE, self._process.kill)
        alarm.start()
        try:
            self._process.stdin.write(json.dumps({"cmd": cmd, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        reply = json.loads(line) if line else {"failed": self._end()}
        for kind in ("skipped", "failed"):
            if kind in reply:
                raise AbsentError(f"{kind}: {reply[kind]}")
        return reply

    def seconds(self) -> float | None:
        """Time that its threads have computed, all together; None where the system does not tell."""
        return seconds_of(self._process.pid)

    def close(self) -> None:
        """End the process."""
        self._process.stdout.close()
        try:
            self._process.stdin.close()
            self._process.wait(10)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _end(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()[-_LAST_LINES:]
        return f"the process ended with code {code}: {' | '.join(lines)}"


def _settings(threads: int) -> dict[str, str]:
    """Environment of the workers, the same for all: thread counts, and what makes them faster or keeps them from running out of turn."""
    counts = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "NPROC")
    return dict.fromkeys(counts, str(threads)) | {
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        # glibc else gives large arrays back to the system at each step and asks for them anew at the next, which costs PyTorch up to half
        # of its speed.
        "MALLOC_MMAP_THRESHOLD_": str(2**25),
        "MALLOC_TRIM_THRESHOLD_": str(2**30),
    }
