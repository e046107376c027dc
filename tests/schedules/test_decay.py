"""Schedules that fall step by step, in numbers to check by hand."""

import numpy as np
import pytest
from plans import PLAN, values

import fastbp
from fastbp.schedules import Plan

STEPS = np.arange(PLAN.begin + 1, PLAN.end + 1)
BY_HAND = [
    (fastbp.StepDecay(0.8, 0.5, 10), {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2, 35: 0.1}),
    (fastbp.StepDecay(0.8, 0.5, "2 epochs"), {0: 0.8, 19: 0.8, 20: 0.4, 40: 0.2}),
    (fastbp.StepDecay(0.8, 0.5, 0.25), {0: 0.8, 24: 0.8, 25: 0.4, 99: 0.1}),
    (fastbp.MultiStep(1.0, (3, "1 epoch", 0.5), 0.5), {0: 1.0, 2: 1.0, 3: 0.5, 9: 0.5, 10: 0.25, 49: 0.25, 50: 0.125}),
    (fastbp.MultiStep(1.0, ()), {0: 1.0, 99: 1.0}),
    (fastbp.ExponentialDecay(0.5, 0.25, 2), {0: 0.5, 1: 0.25, 2: 0.125, 4: 0.03125}),
    (fastbp.ExponentialDecay(0.5, 0.25), {0: 0.5, 5: 0.25, 10: 0.125}),
    (fastbp.InverseScaling(1.0), {0: 1.0, 3: 0.5, 99: 0.1}),
    (fastbp.InverseScaling(1.0, 2.0), {0: 1.0, 1: 0.25, 3: 0.0625}),
    (fastbp.PolynomialDecay(1.0), {0: 1.0, 25: 0.75, 99: 0.01, 100: 0.0, 500: 0.0}),
    (fastbp.PolynomialDecay(1.0, 0.5, 2.0, 20), {0: 1.0, 10: 0.625, 20: 0.5, 21: 0.5}),
    (fastbp.CosineRestarts(2.0, 4), {0: 2.0, 2: 1.0, 4: 2.0, 6: 1.0, 402: 1.0}),
    (fastbp.CosineRestarts(2.0, 2, 2, 1.0), {0: 2.0, 1: 1.5, 2: 2.0, 4: 1.5, 6: 2.0, 10: 1.5, 14: 2.0}),
    (fastbp.CosineRestarts(2.0, "1 epoch"), {0: 2.0, 5: 1.0, 10: 2.0}),
]


@pytest.mark.parametrize(("schedule", "wanted"), BY_HAND, ids=lambda each: str(each) if hasattr(each, "name") else "")
def test_numbers_to_check_by_hand(schedule, wanted):
    assert values(schedule, [*wanted]) == pytest.approx([*wanted.values()], rel=1e-14, abs=1e-17)


@pytest.mark.parametrize("growth", [2, 3, 5])
@pytest.mark.parametrize("first", [1, 3, 7])
def test_times_that_grow_begin_at_the_first_value_however_many_there_were(first, growth):
    schedule, at = fastbp.CosineRestarts(2.0, first, growth), 0
    for n in range(12):
        assert values(schedule, [at]) == [2.0], n
        at += first * growth**n
        assert values(schedule, [at - 1])[0] < (2.0 if first * growth**n > 1 else 2.1)


@pytest.mark.parametrize("length", [10, "1 epoch"])
@pytest.mark.parametrize("make", [fastbp.StepDecay, fastbp.ExponentialDecay, fastbp.CosineRestarts], ids=lambda each: each.__name__)
def test_those_of_steps_and_epochs_go_on_and_those_of_shares_begin_anew(make, length):
    name = "length" if make is fastbp.CosineRestarts else "every"
    goes_on, anew = make(1.0, **{name: length}), make(1.0, **{name: 0.3})
    assert not goes_on.follows_fit and anew.follows_fit
    assert np.array_equal(goes_on(STEPS, PLAN), goes_on(STEPS, Plan(0, 500, 10)))
    assert np.array_equal(anew(STEPS, PLAN), anew(STEPS - 40, Plan(0, 100, 10)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fastbp.StepDecay(0), ValueError, r"initial is 0\.0; expected a number in \(0, inf\)"),
        (lambda: fastbp.StepDecay("0.1"), TypeError, "initial is '0.1' of type str"),
        (lambda: fastbp.StepDecay(0.1, -1), ValueError, r"factor is -1\.0"),
        (lambda: fastbp.StepDecay(0.1, every=0), ValueError, "every is 0; expected an integer of at least 1"),
        (lambda: fastbp.StepDecay(0.1, every="3 eps"), ValueError, "every is '3 eps'; expected words such as '5 epochs'"),
        (lambda: fastbp.MultiStep(0.1, 5), TypeError, "milestones is 5; expected a sequence of lengths"),
        (lambda: fastbp.MultiStep(0.1, (5, 1.5)), ValueError, r"milestones\[1\] is 1\.5; expected steps as an integer"),
        (lambda: fastbp.ExponentialDecay(0.1, 0), ValueError, r"factor is 0\.0"),
        (lambda: fastbp.InverseScaling(0.1, 0), ValueError, r"power is 0\.0"),
        (lambda: fastbp.PolynomialDecay(0.1, -1), ValueError, r"final is -1\.0"),
        (lambda: fastbp.CosineRestarts(0.1, growth=0), ValueError, "growth is 0"),
        (lambda: fastbp.CosineRestarts(0.1, growth=1.5), TypeError, r"growth is 1\.5 of type float"),
    ],
)
def test_what_is_no_setting_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
