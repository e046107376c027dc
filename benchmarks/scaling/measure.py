"""Has everything measured."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.scaling import cores
from benchmarks.scaling.costs import pooled
from benchmarks.scaling.net import NETS

_ROOT = Path(__file__).parents[2]
#: Processes whose steps are measured.
RANKS = (1, 2, 4)


def everything(names: list[str], rounds: int) -> dict:
    """By what is measured; processes take turns, and the medians of the rounds count. Those of processes are kept round by round, too."""
    turns = [{str(ranks): on_ranks(ranks, names) for ranks in RANKS} for _ in range(rounds)]
    threads = [{name: on_threads(name) for name in names} for _ in range(rounds)]
    _say("two threads and what they hand over")
    between = {"barrier": cores.barrier(), "lines": {str(size): seconds for size, seconds in cores.lines().items()}}
    return {"ranks": pooled(turns), "threads": pooled(threads), "between": between, "rounds": turns}


def on_ranks(ranks: int, names: list[str]) -> dict:
    """What `ranks.py` finds on so many processes."""
    _say(f"{ranks} processes")
    command = [_mpiexec(), "-n", str(ranks), sys.executable, "-m", "benchmarks.scaling.ranks", *names]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))}
    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode:
        sys.exit(f"on {ranks} processes: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def on_threads(name: str) -> dict:
    """By threads and rows, seconds of a step: on one of few and of many rows, and on one and two of those that are predicted."""
    _say(f"threads, {name}")
    net = NETS[name]
    asked = [(1, rows) for rows in (net.batch // 8, net.batch * 2)]
    asked += [(threads, rows) for threads in (1, 2) for rows in (net.batch // 4, net.batch)]
    return {f"{threads},{rows}": cores.steps(net, rows, threads) for threads, rows in asked}


def _mpiexec() -> str:
    found = Path(sys.executable).with_name("mpiexec")
    command = str(found) if found.exists() else shutil.which("mpiexec")
    if command is None:
        sys.exit('there is no mpiexec: pip install -e ".[mpi]"')
    return command


def _say(what: str) -> None:
    print(f"measuring {what}", file=sys.stderr, flush=True)
