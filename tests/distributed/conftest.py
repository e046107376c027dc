"""Processes that MPI connects."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HELPERS = Path(__file__).parent.parent / "helpers"


@pytest.fixture(scope="session")
def mpiexec():
    """Starts a script on so many processes; gives what they wrote, and how they ended."""
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: fastbp[mpi]")
    found = Path(sys.executable).with_name("mpiexec")
    command = str(found) if found.exists() else shutil.which("mpiexec")
    if command is None:
        pytest.skip("there is no mpiexec: the package mpich has one")

    def start(processes, script, *arguments):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HELPERS.parent.parent), str(HELPERS)])}
        call = [command, "-n", str(processes), sys.executable, *([script] if script.endswith(".py") else ["-c", script]), *arguments]
        return subprocess.run(call, env=environment, capture_output=True, text=True, timeout=300)

    return start


@pytest.fixture(scope="session")
def on_ranks(mpiexec, tmp_path_factory, pytestconfig):
    """What `on_ranks.py` finds on so many processes, rank by rank; started once."""
    known = {}

    def get(processes):
        if processes not in known:
            folder = tmp_path_factory.mktemp(f"on_{processes}")
            asked = ["--whole"] if pytestconfig.getoption("whole") else []
            done = mpiexec(processes, str(HELPERS / "on_ranks.py"), str(folder), *asked)
            assert done.returncode == 0, done.stderr
            known[processes] = [json.loads((folder / f"rank-{rank}.json").read_text()) for rank in range(processes)]
        return known[processes]

    return get
