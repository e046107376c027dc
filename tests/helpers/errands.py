"""Processes that work while tests run, and hand in what they printed when a test asks for it.

Some tests wait for a process that computes for minutes on one core: all kernels compiled once more, the passes over the kernels. Such an
errand is a fixture. Those that the chosen tests ask for begin with the session, one after the other, so that they have one of two cores
while the tests have the other. The longest begin first, and tests that ask for an errand come last, when it is done or nearly so.

Run as a script, this file does errands: their list is the argument, and where standard input ends they end, too.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
# How long a test waits for an errand. A slow machine takes minutes for one.
_PATIENCE = 1200
# Tests go first where both want a core.
_NICENESS = 5
# What each errand is given, by the name of its fixture; and the names of those that take minutes.
_PREPARE, _LONG = {}, set()


class Outcome(NamedTuple):
    """How a process ended."""

    code: int
    output: str
    errors: str
    folder: Path  # the errand's own

    @property
    def printed(self):
        """What a process printed that ended well and without a warning."""
        assert self.code == 0, self.errors or self.output
        # That kernels compile, and what to set where they cannot be kept, is told and is no failure; nor is Numba's word on forks with TBB.
        told = [line for line in self.errors.splitlines() if not line.startswith(("fastbp ", "Numba: Attempted to fork"))]
        assert told == []
        return self.output


class Command(NamedTuple):
    """A process to be."""

    words: list[str]
    settings: dict[str, str]
    cwd: str


def python(*arguments, package=ROOT, **environment):
    """Python with these arguments, in a folder whose fastbp is imported, where warnings are errors."""
    settings = os.environ | {"PYTHONPATH": str(package), "PYTHONWARNINGS": "error"} | environment
    return Command([sys.executable, *map(str, arguments)], settings, str(package))


def copied(folder):
    """Settings of a process for a copy of the package, made in a folder, and an empty cache beside it."""
    package = folder / "package"
    shutil.copytree(ROOT / "fastbp", package / "fastbp", ignore=shutil.ignore_patterns("__pycache__"))
    return {"package": package, "NUMBA_CACHE_DIR": str(folder / "cache"), "NUMBA_NUM_THREADS": "2"}


def errand(prepare, long=False):
    """Make a fixture of a function that gives the command of an errand, to which a folder belongs; the fixture gives its outcome."""
    name = prepare.__name__
    _PREPARE[name] = prepare
    if long:
        _LONG.add(name)

    @pytest.fixture(scope="session", name=name)
    def outcome(errands):
        return errands.outcome(name)

    return outcome


def long_errand(prepare):
    """Make the fixture of an errand that takes minutes."""
    return errand(prepare, long=True)


def _asked(item):
    return [name for name in getattr(item, "fixturenames", ()) if name in _PREPARE]


def _queue(items):
    """The errands that tests ask for, in the order in which they are done."""
    return sorted(dict.fromkeys(name for item in items for name in _asked(item)), key=lambda name: name not in _LONG)


def in_order(items):
    """Put tests that ask for errands behind the others, in the order in which these are done, and behind them those that need all cores."""
    places = {name: place for place, name in enumerate(_queue(items))}

    def place(item):
        return len(places) if item.get_closest_marker("all_cores") else max((places[name] for name in _asked(item)), default=-1)

    items.sort(key=place)


class Errands:
    """The errands that the chosen tests ask for."""

    def __init__(self, items, folder):
        self._folders, self._begun = {name: folder / name for name in _queue(items)}, None
        self._in_a_hurry = folder / "in a hurry"
        jobs = [str(self._in_a_hurry)]
        for name, own in self._folders.items():
            own.mkdir()
            jobs.append([str(own), *_PREPARE[name](own)])
        self._list = folder / "list"
        self._list.write_text(json.dumps(jobs))

    def __enter__(self):
        if self._folders:
            command = [sys.executable, __file__, str(self._list)]
            self._begun = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        return self

    def __exit__(self, *error):
        if self._begun:
            self._begun.stdin.close()
            self._begun.wait()

    def outcome(self, name):
        """What became of an errand, once it is done."""
        folder, end = self._folders[name], time.monotonic() + _PATIENCE
        while not (folder / "code").exists():
            assert self._begun.poll() is None, "nobody does the errands any more"
            assert time.monotonic() < end, f"{name} is not done after {_PATIENCE} s"
            self._in_a_hurry.touch()
            time.sleep(0.05)
        self._in_a_hurry.unlink(missing_ok=True)
        return Outcome(int((folder / "code").read_text()), (folder / "output").read_text(), (folder / "errors").read_text(), folder)


class _Running:
    """An errand under way."""

    def __init__(self, folder, words, settings, cwd):
        self._folder = Path(folder)
        with (self._folder / "output").open("wb") as output, (self._folder / "errors").open("wb") as errors:
            self._process = subprocess.Popen(words, env=settings, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)

    def is_done(self):
        code = self._process.poll()
        if code is not None:
            (self._folder / "coded").write_text(str(code))
            (self._folder / "coded").rename(self._folder / "code")
        return code is not None


def _end_with_the_session():
    """End this process and those it started when nobody holds the other end of standard input."""
    sys.stdin.read()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main(path):
    """Do the errands of a list one after the other, two at a time while a test waits for one."""
    session = threading.Thread(target=_end_with_the_session)
    session.start()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    hurry, *jobs = json.loads(Path(path).read_text())
    running = []
    while jobs or running:
        running = [each for each in running if not each.is_done()]
        while jobs and len(running) < (2 if Path(hurry).exists() else 1):
            running.append(_Running(*jobs.pop(0)))
        time.sleep(0.05)
    session.join()


if __name__ == "__main__":
    main(sys.argv[1])
