"""Schedules over the whole course of training, in numbers to check by hand."""

from math import cos, log2, pi, sqrt

import numpy as np
import pytest
from plans import PLAN, values

import fastbp
from fastbp.schedules import Plan

BY_HAND = [
    (fastbp.Cosine(1.0), {0: 1.0, 25: (1 + sqrt(0.5)) / 2, 50: 0.5, 75: (1 - sqrt(0.5)) / 2, 100: 0.0, 250: 0.0}),
    (fastbp.Cosine(1.0, 0.5, 20), {0: 1.0, 10: 0.75, 20: 0.5, 99: 0.5}),
    (fastbp.Cosine(1.0, length="2 epochs"), {10: 0.5, 20: 0.0}),
    (fastbp.Cosine(1.0, length=0.5), {25: 0.5, 50: 0.0}),
    (fastbp.FlatCosine(1.0), {0: 1.0, 75: 1.0, 87.5: 0.5, 100: 0.0}),
    (fastbp.FlatCosine(1.0, 0.5, 0.5, 20), {10: 1.0, 15: 0.75, 20: 0.5, 30: 0.5}),
    # Up to place 29, down from there to 99.
    (fastbp.OneCycle(1.0), {0: 0.04, 14.5: 0.52, 29: 1.0, 64: (1 + 4e-6) / 2, 99: 4e-6, 200: 4e-6}),
    (fastbp.OneCycle(1.0, 0.5, 2.0, 5.0, 20), {0: 0.5, 4.5: 0.75, 9: 1.0, 14: 0.55, 19: 0.1}),
    # Waves end where 1 + 15 place is a power of two.
    (fastbp.CosLog4(1.0, length=150), {0: 0.0, 10: 0.0, 30: 0.0, 70: 0.0, 150: 0.0, 90: (1 - cos(2 * pi * log2(10))) / 2}),
]


@pytest.mark.parametrize(("schedule", "wanted"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "name") else "")
def test_numbers_to_check_by_hand(schedule, wanted):
    assert values(schedule, [*wanted]) == pytest.approx([*wanted.values()], rel=1e-12, abs=1e-14)


def test_four_waves_reach_the_maximum():
    found = np.array(values(fastbp.CosLog4(0.3), np.linspace(0, 100, 10_001)))
    tops = np.flatnonzero((found[1:-1] > found[:-2]) & (found[1:-1] >= found[2:]))
    assert len(tops) == 4 and found[tops + 1] == pytest.approx(0.3, rel=1e-4)


@pytest.mark.parametrize("make", [fastbp.Cosine, fastbp.FlatCosine, fastbp.OneCycle, fastbp.CosLog4], ids=lambda each: each.__name__)
def test_without_a_length_it_is_the_call_of_fit(make):
    schedule = make(0.1)
    assert schedule.follows_fit and schedule.lengths == (None,) and not make(0.1, length=7).follows_fit
    assert values(schedule, range(100)) == values(make(0.1, length=100), range(100))
    with pytest.raises(ValueError, match="length=None is of the steps of a call of fit; for single steps give a number of steps"):
        schedule(np.arange(1, 4), Plan())


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_very_short_calls_have_numbers_too(steps):
    for make in (fastbp.Cosine, fastbp.FlatCosine, fastbp.OneCycle, fastbp.CosLog4):
        found = np.array(values(make(0.1), range(steps), Plan(0, steps, steps)))
        assert np.isfinite(found).all() and (found >= 0).all() and (found <= 0.1 * (1 + 1e-15)).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fastbp.Cosine(-1), ValueError, r"initial is -1\.0; expected a number in \(0, inf\)"),
        (lambda: fastbp.Cosine(0.1, length=2.0), ValueError, r"length is 2\.0; expected steps as an integer, a share between 0 and 1"),
        (lambda: fastbp.Cosine(0.1, length=0), ValueError, "length is 0; expected an integer of at least 1"),
        (lambda: fastbp.Cosine(0.1, length="epoch"), ValueError, "length is 'epoch'; expected words such as '5 epochs'"),
        (lambda: fastbp.Cosine(0.1, length=True), TypeError, "length is True of type bool"),
        (lambda: fastbp.FlatCosine(0.1, 1.0), ValueError, r"flat is 1\.0; expected a number in \[0, 1\)"),
        (lambda: fastbp.OneCycle(0.1, 0.0), ValueError, r"warm is 0\.0; expected a number in \(0, 1\)"),
        (lambda: fastbp.OneCycle(0.1, start=0), ValueError, r"start is 0\.0"),
        (lambda: fastbp.CosLog4(0), ValueError, r"maximum is 0\.0"),
    ],
)
def test_what_is_no_setting_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_plan_of_the_tests_has_what_they_say():
    assert PLAN.end - PLAN.begin == 100 and PLAN.per_epoch == 10
