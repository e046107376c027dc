"""Messages between the processes of a run, and errors that all must hear of."""

from __future__ import annotations

import copy
import functools
import os
import pickle
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from fastbp._typing import Array
from fastbp.distributed.lost import end_on_errors
from fastbp.distributed.mpi import MPI
from fastbp.kernels.portions import Span
from fastbp.processors import cpus

T = TypeVar("T")

# What messages are told apart by: words of the leader, numbers of arrays, signs of life; nothing comes with the last.
_WORDS, _NUMBERS, _SIGNS, _NOTHING = 1, 2, 3, 4
# Who waits looks so often before it sleeps a little between two looks, and so many seconds it sleeps.
_LOOKS, _PAUSE = 2_000, 1e-4
# Lets another process have the processor, in 3 us; a sleep of no time takes 70 us where there is nothing else to run.
_offer: Callable[[], None] = getattr(os, "sched_yield", lambda: time.sleep(0))


class Team:
    """The processes, by their rank: 0 leads. Each has the same calls in the same order."""

    def __init__(self, library: Any) -> None:
        self._library = library
        #: A communicator of its own: what a user sends does not come here.
        self.comm = library.COMM_WORLD.Dup()
        end_on_errors(library, self.comm)
        self.rank, self.size = self.comm.Get_rank(), self.comm.Get_size()
        #: The machine of each.
        self.hosts: list[str] = self.comm.allgather(library.Get_processor_name())
        #: Whether a thread may look while another computes, or calls MPI, too.
        self.may_look_aside = bool(self.size > 1 and library.Query_thread() == library.THREAD_MULTIPLE)
        #: Processes of this machine, and the processors that each of them may take.
        self.here: int = self.comm.Split_type(library.COMM_TYPE_SHARED).Get_size()
        self.processors = max(1, cpus.available() // self.here)

    @property
    def is_on_several_hosts(self) -> bool:
        """Whether some messages go over a cable, which moves them while processors compute."""
        return bool(self.here < self.size)

    @property
    def leads(self) -> bool:
        """Whether this process does."""
        return bool(self.rank == 0)

    def wait(self, *requests: Any) -> None:
        """Until these are done. Ctrl-C waits, too: others would wait for what was left out."""
        interrupt: KeyboardInterrupt | None = None
        for request in requests:
            looks, done = 0, False
            while not done:
                try:
                    done = request.Test()
                    looks += 1
                    if not done:
                        _rest(looks)
                except KeyboardInterrupt as error:
                    interrupt = error
        if interrupt is not None:
            raise interrupt

    def tell(self, message: Any) -> None:
        """Send a message to all others."""
        content = np.frombuffer(pickle.dumps(message), np.uint8)
        self.wait(*(self.comm.Isend([content, self._library.BYTE], dest, _WORDS) for dest in range(1, self.size)))

    def hear(self) -> Any:
        """The next message of the leader."""
        status, looks = self._library.Status(), 0
        while not self.comm.Iprobe(0, _WORDS, status):
            looks += 1
            _rest(looks)
        content = np.empty(status.Get_count(self._library.BYTE), np.uint8)
        self.comm.Recv([content, self._library.BYTE], 0, _WORDS)
        return pickle.loads(content.tobytes())

    def share(self, array: Array) -> None:
        """Give the others the leader's numbers, in an array as large."""
        self.wait(self.comm.Ibcast([_words(array), self._library.BYTE]))

    def merge(self, array: Array) -> None:
        """Numbers that are 0 but where they are known become known to all. Bits are joined, not added: no order could change them."""
        self.wait(self.comm.Iallreduce(self._library.IN_PLACE, [_words(array), self._library.BYTE], self._library.BOR))

    def all_of(self, thing: T) -> list[T]:
        """What each process gives, in order; known to all."""
        self.wait(self.comm.Ibarrier())
        found: list[T] = self.comm.allgather(thing)
        return found

    def first_of(self, thing: T) -> T:
        """What the leader gives."""
        self.wait(self.comm.Ibarrier())
        found: T = self.comm.bcast(thing)
        return found

    def any(self, flag: bool) -> bool:
        """Whether any process says so."""
        found = np.array([flag], np.uint8)
        self.merge(found)
        return bool(found[0])

    def together(self, call: Callable[[], T]) -> T:
        """What a call gives that all make; where it fails in one process it does in all, with the error of the first."""
        result: list[T] = []
        failure: BaseException | None = None
        try:
            result.append(call())
        except BaseException as error:
            failure = error
        failures = self.all_of(None if failure is None else portable(failure))
        for rank, told in enumerate(failures):
            if told is not None:
                raise (failure or named(told, rank)) from None
        return result[0]

    def end_all(self) -> None:
        """End all processes: one cannot go on, and the others would wait for it."""
        self.comm.Abort(1)

    def exchange(self, given: Array, gives: list[Span], received: Array, takes: list[Span]) -> list[Any]:
        """Begin to send each process a part of an array, and to get one from each into another; the requests to wait for.

        All is sent before anything is asked for. A long message begins with a short one that announces it; one that has answered another's
        before would over TCP come behind its long numbers, which then went one way after the other.
        """
        others = [(self.rank + step) % self.size for step in range(1, self.size)]
        sent = [self.comm.Isend(self._part(given, gives[to]), to, _NUMBERS) for to in others if gives[to].end > gives[to].begin]
        asked = [self.comm.Irecv(self._part(received, takes[of]), of, _NUMBERS) for of in others if takes[of].end > takes[of].begin]
        give, take = gives[self.rank], takes[self.rank]
        received.reshape(-1)[take.begin : take.end] = given.reshape(-1)[give.begin : give.end]
        return sent + asked

    def gather_all(self, array: Array, *shared: list[Span]) -> None:
        """Have the parts of an array that each process knows known to all; in each of several stretches of it a part is of each."""
        self.wait(*(each for spans in shared for each in self.exchange(array, [spans[self.rank]] * self.size, array, spans)))

    def look(self) -> None:
        """Let MPI move what is under way."""
        self.comm.Iprobe(self._library.ANY_SOURCE, _NOTHING)

    def sign(self, word: Array, rank: int) -> Any:
        """Begin to send a process a sign of life, of one byte; what tells when it has gone."""
        return self.comm.Isend([word, self._library.BYTE], rank, _SIGNS)

    def signs(self) -> Iterator[tuple[int, int]]:
        """Those that have come, each with the process that it is of."""
        status, word = self._library.Status(), np.empty(1, np.uint8)
        while self.comm.Iprobe(self._library.ANY_SOURCE, _SIGNS, status):
            self.comm.Recv([word, self._library.BYTE], status.Get_source(), _SIGNS)
            yield status.Get_source(), int(word[0])

    def gather(self, array: Array, *shared: list[Span]) -> None:
        """Have them known to the leader."""
        for spans in shared:
            part, parts = self._part(array, spans[self.rank]), self._parts(array, spans) if self.leads else None
            self.wait(self.comm.Igatherv(self._library.IN_PLACE if self.leads else part, parts))

    def scatter(self, array: Array, *shared: list[Span]) -> None:
        """Give each process its parts of an array of the leader's."""
        for spans in shared:
            part, parts = self._part(array, spans[self.rank]), self._parts(array, spans) if self.leads else None
            self.wait(self.comm.Iscatterv(parts, self._library.IN_PLACE if self.leads else part))

    def _part(self, array: Array, span: Span) -> list[Any]:
        return [_words(array)[span.begin * array.itemsize : span.end * array.itemsize], self._library.BYTE]

    def _parts(self, array: Array, spans: list[Span]) -> list[Any]:
        """Parts of an array, one a process, as MPI takes them: in bytes."""
        size = array.itemsize
        counts, begins = [(span.end - span.begin) * size for span in spans], [span.begin * size for span in spans]
        return [_words(array), (counts, begins), self._library.BYTE]


def _rest(looks: int) -> None:
    if looks < _LOOKS:
        _offer()
    else:
        time.sleep(_PAUSE)


def _words(array: Array) -> Array:
    words: Array = array.reshape(-1).view(np.uint8)
    return words


def portable(error: BaseException) -> BaseException:
    """The error, or where it cannot be sent its words."""
    try:
        pickle.loads(pickle.dumps(error))
        return error
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")


def named(error: BaseException, rank: int) -> BaseException:
    """An error with the rank of the process that it is of."""
    found = copy.copy(error)
    if error.args and isinstance(error.args[0], str):
        found.args = (f"rank {rank}: {error.args[0]}", *error.args[1:])
    return found


@functools.cache
def team() -> Team:
    """That of this process, made once: all make it at the same time."""
    return Team(MPI.library())
