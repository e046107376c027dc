"""Schedules made of others, in numbers to check by hand."""

import numpy as np
import pytest
from plans import PLAN, values

import fastbp
from fastbp.schedules import Plan

LINE = fastbp.PolynomialDecay(1.0)
BY_HAND = [
    (fastbp.Warmup(0.5, 5), {0: 0.1, 1: 0.2, 4: 0.5, 5: 0.5, 99: 0.5}),
    (fastbp.Warmup(0.5, 4, 0.5), {0: 0.3125, 3: 0.5, 4: 0.5}),
    (fastbp.Warmup(0.5, 0.1), {0: 0.05, 9: 0.5}),
    # The cosine has the 80 steps that the line leaves.
    (fastbp.Warmup(fastbp.Cosine(1.0), "2 epochs"), {0: 0.05, 19: 1.0, 20: 1.0, 60: 0.5, 100: 0.0}),
    (fastbp.Warmup(fastbp.StepDecay(0.8, 0.5, 10), 10), {0: 0.08, 9: 0.8, 10: 0.8, 19: 0.8, 20: 0.4}),
    (fastbp.Sequence(((0.5, 10), (0.25, "1 epoch"), (0.125, None))), {0: 0.5, 9: 0.5, 10: 0.25, 19: 0.25, 20: 0.125, 500: 0.125}),
    (
        fastbp.Sequence([(fastbp.PolynomialDecay(1.0), 10), (fastbp.PolynomialDecay(1.0), 0.5)]),
        {0: 1.0, 5: 0.5, 10: 1.0, 55: 0.5, 100: 0.0},
    ),
    (
        fastbp.Sequence(((fastbp.Warmup(1.0, 4), 8), (fastbp.Cosine(1.0, length=4), None))),
        {0: 0.25, 3: 1.0, 7: 1.0, 8: 1.0, 10: 0.5, 12: 0.0},
    ),
]


@pytest.mark.parametrize(("schedule", "wanted"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "name") else "")
def test_numbers_to_check_by_hand(schedule, wanted):
    assert values(schedule, [*wanted]) == pytest.approx([*wanted.values()], rel=1e-14, abs=1e-17)


def test_it_begins_anew_with_a_call_when_a_part_does():
    assert not fastbp.Warmup(fastbp.StepDecay(0.1, every=5), 5).follows_fit
    assert fastbp.Warmup(fastbp.StepDecay(0.1, every=5)).follows_fit and fastbp.Warmup(fastbp.Cosine(0.1), 5).follows_fit
    # The length of the last part is its rest.
    assert not fastbp.Sequence(((0.1, 5), (0.2, None))).follows_fit
    assert fastbp.Sequence(((0.1, 5), (fastbp.Cosine(0.2), 7))).follows_fit and fastbp.Sequence(((0.1, 0.5), (0.2, 7))).follows_fit


def test_a_call_of_just_the_line_or_of_less_is_the_line():
    warmup = fastbp.Warmup(fastbp.Cosine(1.0), "2 epochs")
    for steps in (20, 15, 5):
        assert values(warmup, range(steps), Plan(7, 7 + steps, 10)) == pytest.approx([(i + 1) / 20 for i in range(steps)])
    parts = fastbp.Sequence(((0.5, None), (fastbp.Cosine(1.0), None)))
    assert values(parts, range(20), Plan(0, 20, 10)) == [0.5] * 20


def test_values_do_not_depend_on_how_many_are_asked_for():
    schedule = fastbp.Sequence(((fastbp.Warmup(fastbp.CosineRestarts(1.0, 3, 2), 5), 40), (fastbp.OneCycle(1.0), None)))
    whole = schedule(np.arange(41, 141), PLAN)
    assert np.array_equal(whole, np.concatenate([schedule(np.arange(step, step + 1), PLAN) for step in range(41, 141)]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fastbp.Warmup("x"), TypeError, "then is 'x' of type str; expected a number"),
        (lambda: fastbp.Warmup(-1), ValueError, r"then is -1\.0"),
        (lambda: fastbp.Warmup(0.1, start=1), ValueError, r"start is 1\.0; expected a number in \[0, 1\)"),
        (lambda: fastbp.Sequence(()), ValueError, r"parts is \(\); expected pairs of a number or a schedule and its length"),
        (lambda: fastbp.Sequence(5), ValueError, "parts is 5; expected pairs"),
        (lambda: fastbp.Sequence([(0.1, 5), fastbp.Cosine(1.0)]), ValueError, "expected pairs"),
        (lambda: fastbp.Sequence([(0.1, 5), ("x", None)]), TypeError, r"parts\[1\] is 'x'"),
        (lambda: fastbp.Sequence([(0.1, "5"), (0.1, None)]), ValueError, r"the length of parts\[0\] is '5'; expected words"),
    ],
)
def test_what_is_no_setting_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
