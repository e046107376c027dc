"""Two hosts with addresses of their own, on this machine: network namespaces, and a cable between them of a given rate and delay.

A namespace lives as long as a process in it. That of each host waits for the end of its input, which comes when this process ends, in
whatever way: then the host is gone, and its end of the cable with it. So nothing has to be removed, and nothing is left behind.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

#: The hosts, by whose addresses mpiexec knows them; the first is the one that it runs on.
ADDRESSES = ("10.77.0.1", "10.77.0.2")
#: The name of each end of the cable.
CABLE = "cable"
# What MPI is told: to go by the cable. UCX would find the memory that the hosts share.
SETTINGS = {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": CABLE, "FI_PROVIDER": "tcp", "FI_TCP_IFACE": CABLE}

# MPI looks for interfaces in /sys, which shows those of the namespace that it was mounted in.
_HOST = "mount -t sysfs sysfs /sys && ip link set lo up && echo ready && exec cat"
# mpiexec calls it as it would call ssh: -x HOST COMMAND, of which the shell there makes words.
_LAUNCHER = """#!/bin/sh
case $2 in
{hosts}
*) echo "there is no host $2" >&2; exit 1;;
esac
shift 2
exec {enter} sh -c "$*"
"""


class NoHosts(Exception):
    """None can be made here; the message says why."""


class Hosts:
    """Both of them. `delay` is what the cable has, and None where the system can delay nothing."""

    def __init__(self) -> None:
        self.rate = self.delay = None
        self._hydra = _hydra()
        with ExitStack() as ending:
            self._pids = [_host(ending) for _ in ADDRESSES]
            self._plug()
            folder = ending.enter_context(tempfile.TemporaryDirectory())
            self._launcher = self._write_launcher(Path(folder) / "enter")
            self._ending = ending.pop_all()

    def __enter__(self) -> Hosts:
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.close()

    def mpiexec(self, *arguments: str) -> list[str]:
        """The command that starts processes of MPI, one a host in turn."""
        launch = ["-launcher", "ssh", "-launcher-exec", str(self._launcher), "-iface", CABLE, "-hosts", ",".join(ADDRESSES), "-ppn", "1"]
        return self.on(0, self._hydra, *launch, *arguments)

    def on(self, host: int, *command: str) -> list[str]:
        """The command that runs another on a host."""
        return [*_enter(str(self._pids[host])), *command]

    def limit(self, rate: str, delay: str | None = None) -> None:
        """Let the cable pass so much in each direction, as ``tc`` writes it, with so much delay in each where the system can do that."""
        delayed = [] if delay is None else ["delay", delay]
        if self._shape("netem", "limit", "100000", "rate", rate, *delayed):
            self.delay = delay
        elif not self._shape("tbf", "rate", rate, "burst", "128kb", "latency", "100ms"):
            raise NoHosts("tc can limit the rate of no interface here: neither netem nor tbf")
        self.rate = rate

    def sent(self, host: int) -> int:
        """Bytes that a host has sent through the cable."""
        return int(self._link(host)["stats64"]["tx"]["bytes"])

    def cut(self) -> None:
        """Let nothing pass any more."""
        for host in range(len(ADDRESSES)):
            _run(self.on(host, "ip", "link", "set", CABLE, "down"))

    def _plug(self) -> None:
        other = str(self._pids[1])
        _run(self.on(0, "ip", "link", "add", CABLE, "type", "veth", "peer", "name", CABLE, "netns", other))
        for host, address in enumerate(ADDRESSES):
            _run(self.on(host, "ip", "address", "add", f"{address}/24", "dev", CABLE))
            _run(self.on(host, "ip", "link", "set", CABLE, "up"))
        # The system takes up to a second to see that both ends are there; MPI takes no other interface.
        end = time.monotonic() + 5
        while not all(self._link(host)["operstate"] == "UP" for host in range(len(ADDRESSES))):
            if time.monotonic() > end:
                raise NoHosts("the interfaces of the hosts do not come up")
            time.sleep(0.02)

    def _link(self, host: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(_run(self.on(host, "ip", "-json", "-statistics", "link", "show", CABLE)))[0]
        return found

    def _shape(self, *discipline: str) -> bool:
        commands = [self.on(host, "tc", "qdisc", "replace", "dev", CABLE, "root", *discipline) for host in range(len(ADDRESSES))]
        return all(subprocess.run(command, capture_output=True).returncode == 0 for command in commands)

    def _write_launcher(self, path: Path) -> Path:
        known = "\n".join(f"{address}) host={pid};;" for address, pid in zip(ADDRESSES, self._pids, strict=True))
        path.write_text(_LAUNCHER.format(hosts=known, enter=" ".join(_enter("$host"))))
        path.chmod(stat.S_IRWXU)
        return path


def _host(ending: ExitStack) -> int:
    """Make a host; the process that keeps it, which ends with this one."""
    missing = [tool for tool in ("unshare", "nsenter", "ip", "tc") if shutil.which(tool) is None]
    if missing:
        raise NoHosts(f"there is no {', no '.join(missing)} here")
    keeper = ending.enter_context(
        subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", _HOST],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
    )  # fmt: skip
    assert keeper.stdin is not None and keeper.stdout is not None and keeper.stderr is not None
    if keeper.stdout.readline() != "ready\n":
        raise NoHosts(f"no network namespace can be made: {keeper.stderr.read().strip()}")
    return keeper.pid


def _hydra() -> str:
    """MPICH's mpiexec, which can be told how to come to another host."""
    name = "mpiexec.hydra"
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise NoHosts(f"there is no {name}: the package mpich has one")
    return found


def _enter(pid: str) -> list[str]:
    return ["nsenter", f"--target={pid}", "--net", "--mount"]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NoHosts(f"{' '.join(command[4:])}: {done.stderr.strip()}")
    return done.stdout


def environment(**more: str) -> dict[str, str]:
    """That of a process on a host."""
    return os.environ | SETTINGS | more
