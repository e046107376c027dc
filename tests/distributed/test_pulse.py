"""A process that says nothing is lost; one that is slow is not."""

import time

import pytest

from fastbp.distributed.pulse import Pulse
from fastbp.distributed.team import team

# Callbacks are slower than the limit; then short fits, of whose messages none is left; then rank 1 stops without a word.
_SCRIPT = """
import os, signal, sys, time
import fastbp
from fastbp.distributed.team import team
from mpi4py import MPI
from on_ranks import TARGETS, X, made
rank = MPI.COMM_WORLD.rank
trainer = made("adam", fastbp.MPI(timeout=1))
trainer.fit(X, TARGETS, epochs=2, callbacks=lambda run: time.sleep(2))
for _ in range(20):
    trainer.fit(X, TARGETS, epochs=1)
MPI.COMM_WORLD.Barrier()
print("left" if team().comm.Iprobe(MPI.ANY_SOURCE, MPI.ANY_TAG) else "none left", flush=True)
pid = MPI.COMM_WORLD.bcast(os.getpid(), root=1)

def stop(run):
    print("stopped", flush=True)
    os.kill(pid, signal.SIGSTOP)

trainer.fit(X, TARGETS, epochs=10**7, callbacks=stop)
"""


def test_one_process_has_nobody_to_listen_to(monkeypatch):
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")
    started = []
    monkeypatch.setattr("threading.Thread.start", started.append)
    with Pulse(team(), 1.0):
        pass
    assert not started


def test_silence_ends_all_and_slowness_nobody(mpiexec, pytestconfig):
    if not pytestconfig.getoption("whole"):
        pytest.skip("only with --whole: it takes ten seconds")
    begin = time.monotonic()
    done = mpiexec(2, _SCRIPT)
    assert done.returncode and done.stdout.split("\n")[:3] == ["none left", "none left", "stopped"], done.stdout
    assert "fastbp: rank 0 has not heard of rank 1 on " in done.stderr and " for 1 s. The run cannot go on" in done.stderr
    assert time.monotonic() - begin < 60
