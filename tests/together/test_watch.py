"""Who stops fits that run side by side. That signals do is seen by `test_train.py`."""

import time

import pytest

from fastbp.processors.turns import Turns
from fastbp.together.watch import Member, Watch


def watch(deadline=None):
    return Watch(2, 100, shown=False, deadline=deadline, raises=False)


def test_a_stop_reaches_those_who_are_there_and_those_who_come():
    watching = watch()
    first = Member(watching, 1).interrupt(Turns())
    assert first.reason is None
    watching.stop("interrupted")
    assert first.reason == Member(watching, 1).interrupt(Turns()).reason == "interrupted"


def test_giving_up_is_an_interruption():
    watching = watch()
    one = Member(watching, 1).interrupt(Turns())
    watching.give_up()
    assert one.reason == "interrupted"


@pytest.mark.parametrize("rounds", [1, 4])
def test_each_has_its_part_of_the_time_that_is_left(rounds):
    now = time.perf_counter()
    part = Member(watch(now + 100), rounds).deadline - now
    assert 100 / rounds <= part < 100 / rounds + 10
    assert Member(watch(), rounds).deadline is None


def test_a_stopped_fit_says_nothing_itself(capsys):
    watching = watch()
    one = Member(watching, 1).interrupt(Turns())
    watching.stop("interrupted")
    one.tell()
    assert capsys.readouterr().err == ""
