"""Processes at the price of a fork: a server that holds fastbp and the machine code of its kernels forks one for each job.

Numba's threads would not survive a fork, and start when the compiled entry point is loaded: the server loads all but that.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
import warnings
from typing import Any, NamedTuple

import numba

import fastbp
from fastbp.kernels import programs

# A job that takes longer hangs.
_PATIENCE = 300


class Outcome(NamedTuple):
    """How a job ended."""

    status: int  # exit code, or minus the signal that ended it
    said: list[str]
    result: Any  # what its function gave; None when it did not come to its end


class ForkServer:
    """Runs jobs, one after another."""

    def __enter__(self):
        settings = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", "import fork_server; fork_server.serve()"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=settings)
        return self

    def __exit__(self, *error):
        self._process.__exit__(*error)

    def run(self, target, *arguments, sends=0, delay=0.0):
        """Call `target`, "module:function", in a process that gets the signal `sends` so many seconds after it said a first word."""
        job = {"target": target, "arguments": arguments, "sends": sends, "delay": delay}
        self._process.stdin.write(json.dumps(job, default=str) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the fork server has died"
        status, said = json.loads(answer)
        last = json.loads(said.pop()) if said and said[-1].startswith("{") else {}
        assert "error" not in last, last["error"]
        return Outcome(status, said, last.get("result"))


def serve():
    """The server: a job a line, an answer a line."""
    _load_kernels()
    for line in sys.stdin:
        print(json.dumps(_fork(**json.loads(line))), flush=True)


def _load_kernels():
    entry, programs._run = programs._run, lambda *arguments: None
    for dtype in ("float32", "float64"):
        model = fastbp.MLP([1, 1], dtype=dtype, seed=0)
        fastbp.Trainer(model, loss="squared_error", threads=1).step([[0.0]], [0.0])
    programs._run = entry
    with contextlib.suppress(ValueError):
        raise RuntimeError(f"Numba has started its threads ({numba.threading_layer()}): no fork would work")


def _fork(target, arguments, sends, delay):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _do(target, arguments, writing)
    os.close(writing)
    with os.fdopen(reading) as lines:
        said = []
        if sends:
            said.append(lines.readline())
            time.sleep(delay)
            # Should it have ended, its number is still its own: nobody has waited for it.
            os.kill(child, sends)
        said += lines
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), [line.strip() for line in said if line]


def _do(target, arguments, writing):
    """The child: never returns."""
    global _channel
    _channel, status = writing, 1
    signal.alarm(_PATIENCE)
    # Ignored where the tests run in the background of a shell.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Standard output belongs to the server's answers.
    os.dup2(2, 1)
    warnings.simplefilter("error")
    try:
        module, function = target.split(":")
        say(json.dumps({"result": getattr(importlib.import_module(module), function)(*arguments)}))
        status = 0
    except BaseException:
        say(json.dumps({"error": traceback.format_exc()}))
    finally:
        os._exit(status)


def say(word):
    """In a job: tell the server."""
    os.write(_channel, f"{word}\n".encode())
