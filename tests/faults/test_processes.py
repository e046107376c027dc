"""A process of several is killed: the others end, and the run goes on from its checkpoint, on another number, to the same bits."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from on_ranks import digest, made
from small_task import TARGETS, X

import fastbp

HELPERS = Path(__file__).parent.parent / "helpers"
_EPOCHS, _KILLS = 400, 30
# Trains, or goes on, and tells who it is.
_SCRIPT = f"""
import os, sys, warnings
from pathlib import Path
import fastbp
from mpi4py import MPI
from on_ranks import TARGETS, X, made
warnings.filterwarnings("ignore", message="this run begins at step 0")
path, rank = Path(sys.argv[1]), MPI.COMM_WORLD.rank
(path.parent / f"pid-{{rank}}").write_text(str(os.getpid()))
trainer = fastbp.Trainer.resume(path, distributed=fastbp.MPI()) if path.exists() else made("adam", fastbp.MPI())
trainer.fit(X, TARGETS, epochs={_EPOCHS} - trainer.epoch, callbacks=fastbp.Checkpoint(path, "7 steps"))
"""


@pytest.fixture(scope="module")
def command():
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")
    found = Path(sys.executable).with_name("mpiexec")
    if not found.exists():
        pytest.skip("there is no mpiexec beside Python: the package mpich has one")
    return found


def started(command, processes, path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HELPERS.parent.parent), str(HELPERS)])}
    call = [str(command), "-n", str(processes), sys.executable, "-c", _SCRIPT, str(path)]
    return subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_killed_processes(command, tmp_path, tally, whole):
    if not whole:
        pytest.skip("only with --whole: each kill takes some seconds")
    draw, path, hits = random.Random(0), tmp_path / "run.safetensors", 0
    while hits < _KILLS:
        processes = draw.choice([2, 3, 4])
        running = started(command, processes, path)
        pids = [tmp_path / f"pid-{rank}" for rank in range(processes)]
        while running.poll() is None and not all(pid.exists() and pid.read_text() for pid in pids):
            time.sleep(0.01)
        numbers = [int(pid.read_text()) for pid in pids]
        # Some of it is in the imports, most while it trains.
        time.sleep(draw.uniform(0, 4))
        victim = draw.choice(numbers)
        if running.poll() is None:
            os.kill(victim, signal.SIGKILL)
        begin = time.monotonic()
        told, _ = running.communicate(timeout=60)
        assert time.monotonic() - begin < 30, "the others went on"
        if running.returncode:
            hits += 1
            tally["kills of one of several processes (SIGKILL)"] += 1
            assert "BAD TERMINATION" in told and "Killed" in told, told
        else:
            path.unlink()
        assert not any(is_there(number) for number in numbers)
        for pid in pids:
            pid.unlink()
    running = started(command, 3, path)
    told, _ = running.communicate(timeout=300)
    assert running.returncode == 0, told
    alone = made("adam")
    alone.fit(X, TARGETS, epochs=_EPOCHS)
    assert digest(fastbp.Trainer.resume(path)) == digest(alone)
