"""Turns of several processes: who computes out of turn is named."""

import math
import re
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.comparison.busy import seconds_of  # not installed: found by the path
from benchmarks.comparison.call import CALLS
from benchmarks.comparison.call_match import Score
from benchmarks.comparison.call_report import notes
from benchmarks.comparison.outcome import Outcome
from benchmarks.comparison.process import Entrant
from benchmarks.comparison.spec import parse
from benchmarks.comparison.turns import Turns


def after_rounds(*peers):
    with ExitStack() as stack:
        turns = Turns({peer: Entrant(peer, module="tests.helpers.spinner") for peer in peers}, 1, stack)
        turns.each("setup")
        for number in range(2):
            assert list(turns.round(number, "round")) == [*peers[number:], *peers[:number]]
        return turns


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells how long a process has computed")
def test_who_still_computes_when_the_next_turn_begins_is_named():
    turns = after_rounds("sleeps", "spins")
    (sentence,) = turns.hasty()
    assert re.fullmatch(r"the pause was too short: spins still kept (0\.[3-9]|1\.\d) cores busy when another's turn began", sentence)
    turns.begin()
    assert turns.hasty() == []


def test_nobody_is_named_when_all_sleep():
    assert after_rounds("sleeps", "rests").hasty() == []


def test_of_a_process_that_has_ended_nothing_is_known():
    assert seconds_of(2**22 + 1) is None


def test_it_is_told_with_the_results():
    sentence = "the pause was too short: torch still kept 2.0 cores busy when another's turn began"
    assert Outcome(parse("2-2-2,2,sgd,relu"), math.nan, {}, {}, 0.0, [sentence]).warnings() == [sentence]
    assert notes(Score(CALLS[0], {}, {}, 0.0, [sentence])) == [f"`predict`, one row of 20-64-64-3: WARNING {sentence}"]
