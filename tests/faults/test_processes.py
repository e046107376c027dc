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
from fastbp.compiling.jit import DISABLED

HELPERS = Path(__file__).parent.parent / "helpers"
_EPOCHS, _KILLS = 400, 30
# Trains, or goes on, and tells who it is. In the middle of step `last`, when it has changed its own parameters and has not got the others',
# the last process dies, or sends more than what is asked for, which is an error of MPI.
_SCRIPT = """
import os, signal, sys, warnings
from pathlib import Path
import fastbp
from fastbp.distributed.team import Team
from mpi4py import MPI
from on_ranks import TARGETS, X, made, own_part
warnings.filterwarnings("ignore", message="this run begins at step 0")
path, rows, epochs, end, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
rank, steps, gather_all = MPI.COMM_WORLD.rank, 0, Team.gather_all
(path.parent / f"pid-{rank}").write_text(str(os.getpid()))

def gather_or_end(team, array, spans):
    global steps
    steps += array.size > 5_000
    if steps == last and rank == team.size - 1:
        if end == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        spans = [*spans[:-1], spans[-1]._replace(begin=0)]
    gather_all(team, array, spans)

if end:
    Team.gather_all = gather_or_end
processes = fastbp.MPI(rows)
trainer = fastbp.Trainer.resume(path, distributed=processes) if path.exists() else made("adam", processes)
part = own_part if rows == "own" else lambda array: array
trainer.fit(part(X), part(TARGETS), epochs=epochs - trainer.epoch, callbacks=fastbp.Checkpoint(path, "7 steps"))
"""


@pytest.fixture(scope="module")
def command():
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")
    found = Path(sys.executable).with_name("mpiexec")
    if not found.exists():
        pytest.skip("there is no mpiexec beside Python: the package mpich has one")
    return str(found)


def started(command, processes, path, rows, epochs=_EPOCHS, end="", last=0):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HELPERS.parent.parent), str(HELPERS)])}
    call = [command, "-n", str(processes), sys.executable, "-c", _SCRIPT, str(path), rows, str(epochs), end, str(last)]
    return subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ended(running, folder, processes):
    """What they told, where all ended within 30 s, and none is left."""
    begin = time.monotonic()
    try:
        told, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    assert time.monotonic() - begin < 30, "the others went on"
    assert not any(is_there(int((folder / f"pid-{rank}").read_text())) for rank in range(processes))
    return told


def bits_of_one_alone(epochs):
    alone = made("adam")
    alone.fit(X, TARGETS, epochs=epochs)
    return digest(alone)


@pytest.mark.skipif(DISABLED, reason="the processes would take minutes in plain Python")
def test_a_process_with_rows_of_its_own_fails_in_the_middle_of_a_step(command, tmp_path):
    path = tmp_path / "run.safetensors"
    told = ended(running := started(command, 2, path, "own", 10, "speaks", last=18), tmp_path, 2)
    assert running.returncode and "fastbp: rank 0 has lost another process" in told and "Start it again" in told, told
    # What is there then is half of the step: it was not written.
    assert fastbp.Trainer.resume(path).steps == 14
    # The same rows, of which each process has others, and 11 more steps.
    told = ended(running := started(command, 3, path, "own", 10, "dies", last=11), tmp_path, 3)
    assert running.returncode and "BAD TERMINATION" in told, told
    trainer = fastbp.Trainer.resume(path)
    assert trainer.steps == 21
    trainer.fit(X, TARGETS, epochs=10 - trainer.epoch)
    assert digest(trainer) == bits_of_one_alone(10)


@pytest.mark.parametrize("rows", ["all", "own"])
def test_killed_processes(rows, command, tmp_path, tally, whole):
    if not whole:
        pytest.skip("only with --whole: each kill takes some seconds")
    draw, path, hits = random.Random(0), tmp_path / "run.safetensors", 0
    while hits < _KILLS:
        processes = draw.choice([2, 3, 4])
        running = started(command, processes, path, rows)
        pids = [tmp_path / f"pid-{rank}" for rank in range(processes)]
        while running.poll() is None and not all(pid.exists() and pid.read_text() for pid in pids):
            time.sleep(0.01)
        numbers = [int(pid.read_text()) for pid in pids]
        # Some of it is in the imports, most while it trains.
        time.sleep(draw.uniform(0, 4))
        victim = draw.choice(numbers)
        if running.poll() is None:
            os.kill(victim, signal.SIGKILL)
        told = ended(running, tmp_path, processes)
        if running.returncode:
            hits += 1
            tally["kills of one of several processes (SIGKILL)"] += 1
            assert ("BAD TERMINATION" in told and "Killed" in told) or "fastbp: rank" in told, told
            # At the end, or when it was due: nobody has written what there was in the middle of a step.
            assert not path.exists() or (trainer := fastbp.Trainer.resume(path)).epoch == _EPOCHS or trainer.steps % 7 == 0
        else:
            path.unlink()
        for pid in pids:
            pid.unlink()
    running = started(command, 3, path, rows)
    told, _ = running.communicate(timeout=300)
    assert running.returncode == 0, told
    assert digest(fastbp.Trainer.resume(path)) == bits_of_one_alone(_EPOCHS)
