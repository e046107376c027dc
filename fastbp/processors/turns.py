"""Who trains a model, and who looks at it meanwhile: one thread changes it at a time, and nobody sees it half changed.

A lock would stay held in a forked child, and where Ctrl-C raises between two instructions. So all is kept in lists, whose operations are
each one instruction: a `User` stands first in the list while it has the model; somebody who looks at the model has an entry in another.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

# Seconds between two looks at whether readers have ended: at first, and at most.
_SHORT, _LONG = 2e-5, 1e-3

_forks = 0
_every: weakref.WeakSet[Turns] = weakref.WeakSet()


class User:
    """A call that trains, or computes with the buffers of training."""

    def __init__(self, call: str) -> None:
        self.call, self.thread, self.forks = call, threading.get_ident(), _forks

    def is_elsewhere(self) -> bool:
        """Whether it is of another thread, or of the process that this one was forked from."""
        return self.thread != threading.get_ident() or self.forks != _forks


class Turns:
    """Of one model: `use` it to train, `look` at it meanwhile.

    Calls of a few microseconds write out what these do.
    """

    def __init__(self) -> None:
        self.users: list[User] = []
        self.readers: list[None] = []
        self.changes = False
        self._waiting: list[threading.Lock] = []
        _every.add(self)

    def check(self, user: User, *, inside: bool = False) -> None:
        """Raise RuntimeError unless the model is the user's; a call `inside` may be one from a callback of who has it."""
        owner = self.users[0]
        if owner is not user and not (inside and owner.thread == user.thread and not self.changes):
            self._refuse(owner, f"{user.call} in {_name(user.thread)} has to wait until it has ended, or to take a copy of the model")

    def begin_change(self) -> None:
        """Wait until nobody looks at the model, and let nobody."""
        self.changes = True
        pause = _SHORT
        while len(self.readers) > len(self._waiting):
            time.sleep(pause)
            pause = min(2 * pause, _LONG)

    def end_change(self) -> None:
        """Let all look who have waited, before the next change."""
        self.changes = False
        while self._waiting:
            self._waiting.pop(0).release()

    @contextmanager
    def use(self, call: str, *, inside: bool = False) -> Iterator[None]:
        """The model is the caller's; RuntimeError, as of `check`, where it is another's."""
        user = User(call)
        try:
            self.users.append(user)
            self.check(user, inside=inside)
            yield
        finally:
            self.users.remove(user)

    @contextmanager
    def change(self, call: str) -> Iterator[None]:
        """A change by a short call: of whoever has no other user beside it, or is one itself."""
        with self.use(call, inside=True):
            try:
                self.begin_change()
                yield
            finally:
                self.end_change()

    def look(self, call: Callable[..., T], *arguments: Any) -> T:
        """What a call gives, while which nothing changes."""
        try:
            self.readers.append(None)
            if self.changes:
                self.wait()
            return call(*arguments)
        finally:
            self.readers.pop()

    def wait(self) -> None:
        """Give way to a change, and come back when it has ended."""
        while self.changes and self.users and self.users[0].thread != threading.get_ident():
            if self.users[0].forks != _forks:
                self._refuse(self.users[0], "")
            turn = threading.Lock()
            turn.acquire()
            try:
                self._waiting.append(turn)
                if self.changes:
                    # Whoever lets it through waits for it before the next change.
                    turn.acquire()
                    return
            finally:
                with contextlib.suppress(ValueError):
                    self._waiting.remove(turn)

    def forget(self) -> None:
        """In a forked child: the threads that were looking, or waiting, are not in it."""
        self.readers.clear()
        self._waiting.clear()

    def _refuse(self, owner: User, advice: str) -> None:
        if owner.forks != _forks:
            raise RuntimeError(
                f"this process was forked while {owner.call} in another thread had the model, which may be half changed here; "
                "load it from a file, or make a new one"
            )
        raise RuntimeError(f"{owner.call} in {_name(owner.thread)} is training the model; {advice}")


def _name(ident: int) -> str:
    found = [thread.name for thread in threading.enumerate() if thread.ident == ident]
    return f"thread {found[0]!r}" if found else f"thread {ident}"


def _after_fork() -> None:
    global _forks
    _forks += 1
    for turns in list(_every):
        turns.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
