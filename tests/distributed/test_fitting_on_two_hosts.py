"""Two hosts that share no memory, and talk through a cable of a limited rate: the bits of one process; a loss of either ends the run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from on_ranks import digest, fit, made
from small_task import TARGETS, X

import fastbp
from fastbp.compiling.jit import DISABLED

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))

from benchmarks.comparison.hosts import Hosts, NoHosts, environment  # noqa: E402  # not installed: found by the path

pytestmark = pytest.mark.skipif(DISABLED, reason="the processes would take minutes in plain Python")

# So many parameters that messages are looked after while others are computed.
_NET = {"hidden": 20_000}
# Trains, tells what came of it, and trains on until it is stopped.
_SCRIPT = f"""
import json, os, sys
from pathlib import Path
import fastbp
from fastbp.distributed.pump import Pump
from mpi4py import MPI
from on_ranks import TARGETS, X, digest, fit, made
pumped, on = [], Pump.on
Pump.on = lambda pump: pumped.append(on(pump))
comm, trainer = MPI.COMM_WORLD, made("adam_plateau", fastbp.MPI(), **{_NET})
fit(trainer)
found = dict(digest=digest(trainer), pumped=len(pumped), here=comm.Split_type(MPI.COMM_TYPE_SHARED).size, pid=os.getpid())
path = Path(sys.argv[1]) / f"{{comm.rank}}.json"
path.with_suffix(".new").write_text(json.dumps(found))
path.with_suffix(".new").rename(path)
made("adam", fastbp.MPI(), **{_NET}).fit(X, TARGETS, epochs=10**7)
"""
# Trains with a limit of so many seconds. What mpiexec would be told by a host that is cut off, it tells a file.
_LIMIT = 2
_WATCHED = f"""
import os, sys
from pathlib import Path
import fastbp
from mpi4py import MPI
from on_ranks import TARGETS, X, made
folder, rank = Path(sys.argv[1]), MPI.COMM_WORLD.rank
os.dup2(os.open(folder / f"told-{{rank}}", os.O_CREAT | os.O_WRONLY), 2)
(folder / f"pid-{{rank}}").write_text(str(os.getpid()))
trainer = made("adam", fastbp.MPI(timeout={_LIMIT}), **{_NET})
trainer.fit(X, TARGETS, epochs=10**7, callbacks=fastbp.Checkpoint(folder / "run.safetensors", "1 step"))
"""


@pytest.fixture
def hosts():
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")
    try:
        made_here = Hosts()
    except NoHosts as reason:
        pytest.skip(str(reason))
    with made_here:
        made_here.limit("1gbit", "1ms")
        yield made_here


def start(hosts, script, folder):
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests/helpers")])
    call = hosts.mpiexec("-n", "2", sys.executable, "-c", script, str(folder))
    return subprocess.Popen(call, env=environment(PYTHONPATH=path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture
def running(hosts, tmp_path):
    """A process a host that trains; what each told."""
    started = start(hosts, _SCRIPT, tmp_path)
    try:
        files = [tmp_path / f"{rank}.json" for rank in range(2)]
        while not all(file.exists() for file in files):
            assert started.poll() is None, started.stdout.read()
            time.sleep(0.02)
        yield started, [json.loads(file.read_text()) for file in files]
    finally:
        started.kill()
        started.communicate()


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_bits_of_one_process_until_one_is_killed(hosts, running):
    mpiexec, found = running
    alone = made("adam_plateau", **_NET)
    fit(alone)
    assert found[0]["digest"] == digest(alone)
    # Four shards a process and step, but for the last of which there is something left to compute.
    assert [(each["here"], each["pumped"]) for each in found] == [(1, 3 * alone.steps)] * 2
    # Each sends the other its half of the gradients of each shard, and of the parameters.
    assert min(hosts.sent(0), hosts.sent(1)) > alone.steps * alone.model.network.parameters.nbytes
    os.kill(found[1]["pid"], signal.SIGKILL)
    end = time.monotonic() + 30
    told, _ = mpiexec.communicate(timeout=30)
    assert mpiexec.returncode and "BAD TERMINATION" in told and "EXIT CODE: 9" in told, told
    # mpiexec may end with the launcher of the lost host; then its own host ends what runs there a moment later.
    while any(is_there(each["pid"]) for each in found):
        assert time.monotonic() < end, "the other went on"
        time.sleep(0.02)


def test_a_cable_that_is_cut_ends_all(hosts, tmp_path):
    mpiexec, path = start(hosts, _WATCHED, tmp_path), tmp_path / "run.safetensors"
    try:
        while not path.exists():
            assert mpiexec.poll() is None, mpiexec.stdout.read()
            time.sleep(0.02)
        hosts.cut()
        begin = time.monotonic()
        pids = [mpiexec.pid, *(int((tmp_path / f"pid-{rank}").read_text()) for rank in range(2))]
        while mpiexec.poll() is None or any(is_there(pid) for pid in pids):
            assert time.monotonic() - begin < _LIMIT + 15, "one of them waits"
            time.sleep(0.02)
        seconds = time.monotonic() - begin
    finally:
        mpiexec.kill()
        mpiexec.communicate()
    assert mpiexec.returncode and seconds > _LIMIT / 2
    for rank in range(2):
        told = (tmp_path / f"told-{rank}").read_text()
        assert f"fastbp: rank {rank} has not heard of rank {1 - rank} on " in told and f" for {_LIMIT} s. " in told
    # One process goes on alone.
    resumed, alone = fastbp.Trainer.resume(path), made("adam", **_NET)
    epochs = resumed.epoch + 2
    resumed.fit(X, TARGETS, epochs=2)
    alone.fit(X, TARGETS, epochs=epochs)
    assert digest(resumed) == digest(alone)
