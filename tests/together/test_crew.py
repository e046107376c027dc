"""Threads that do jobs: how many at a time, which first, and to whom the threads go that have nothing to do."""

import threading

import pytest

from fastbp.processors.threads import Share, most_threads, sharing
from fastbp.together.crew import Crew, check_crew


class Noted:
    """A job that notes how many run beside it, and how many threads it may use."""

    def __init__(self, notes, length, step=1, wait=None):
        self.notes, self.length, self.step, self.wait = notes, length, step, wait

    def __call__(self):
        if self.wait is not None:
            assert self.wait.wait(30)
        self.notes.append((self.length, most_threads()))


def test_the_longest_begin_first_and_each_has_one_thread_while_others_wait():
    notes = []
    Crew(1).work([Noted(notes, length) for length in (1, 3, 2)], lambda: None, lambda: None)
    assert notes == [(3, 1), (2, 1), (1, 1)]


def test_as_many_at_a_time_as_there_are_threads():
    both, notes = threading.Barrier(2), []

    class Meet(Noted):
        def __call__(self):
            both.wait(30)
            super().__call__()

    Crew(2).work([Meet(notes, i) for i in range(6)], lambda: None, lambda: None)
    assert len(notes) == 6 and most_threads() is None


def test_threads_without_a_job_go_to_the_one_with_the_longest_steps():
    notes, ended, crew = [], threading.Event(), Crew(4)

    class Last(Noted):
        def __call__(self):
            super().__call__()
            ended.set()

    class Waits(Noted):
        def __call__(self):
            # Until the other has been taken off the list.
            assert ended.wait(30)
            while most_threads() < 4:
                pass
            super().__call__()

    crew.work([Waits(notes, 5, step=9), Last(notes, 1, step=2)], lambda: None, lambda: None)
    assert notes == [(1, 1), (5, 4)]


def test_rounds_that_are_left():
    found, crew = [], Crew(1)

    class Asks(Noted):
        def __call__(self):
            found.append(crew.rounds_left)

    crew.work([Asks([], 1) for _ in range(3)], lambda: None, lambda: None)
    assert found == [3, 2, 1]


def test_what_the_caller_raises_goes_on_when_the_jobs_have_ended():
    stop, notes, raised = threading.Event(), [], []

    def look():
        if not raised:
            raised.append(True)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Crew(2).work([Noted(notes, i, wait=stop) for i in range(3)], look, stop.set)
    assert len(notes) == 3


def test_a_crew_within_a_crew_has_the_share_of_its_thread():
    assert check_crew(5) == 5
    with sharing(Share(3)):
        assert check_crew(None) == 3
    assert check_crew(None) >= 1
