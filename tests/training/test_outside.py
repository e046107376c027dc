"""What is around a fit."""

import time

import pytest

from fastbp.processors.turns import Turns
from fastbp.training.outside import Outside, deadline_of


def test_a_deadline_is_so_many_seconds_from_now():
    now = time.perf_counter()
    assert now + 5 <= deadline_of(5) < now + 10 and deadline_of(None) is None
    with pytest.raises(ValueError, match=r"time_limit is 0\.0"):
        deadline_of(0)


def test_alone_it_has_signals_and_a_bar_of_its_own(capsys):
    outside = Outside(shown=True)
    assert outside.interrupt(Turns()).reason is None and outside.deadline is None
    with outside.bar(7) as bar:
        bar.advance(7)
    assert "7.00/7.00" in capsys.readouterr().err
