"""Coefficients worked out ahead are those of each step."""

import numpy as np
import pytest

import fastbp
from fastbp.schedules import Plan
from fastbp.training.rates import Rates

F8, NONE, PLAN = np.dtype("f8"), np.ones(0), Plan(0, 100, 10)


def rows_of(rates, optimizer, done, count, factors, plan=PLAN):
    rows, first = rates.of(optimizer, done, count, factors, plan)
    return rows[first : first + count]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("optimizer", [fastbp.SGD(0.1, momentum=0.9), fastbp.RMSprop(), fastbp.Adam(), fastbp.AdamW()], ids=repr)
def test_every_step_has_the_coefficients_of_its_own(optimizer, dtype):
    rates, done = Rates(np.dtype(dtype)), 0
    for count in (1, 1, 5, 60, 1, 200, 1, 1):
        assert np.array_equal(rows_of(rates, optimizer, done, count, NONE), optimizer.rates(done, count, np.dtype(dtype), NONE))
        done += count


def test_steps_made_once_more_have_the_same_coefficients():
    rates, optimizer = Rates(F8), fastbp.Adam()
    first = rows_of(rates, optimizer, 3, 4, NONE).copy()
    rows_of(rates, optimizer, 1000, 4, NONE)
    assert np.array_equal(rows_of(rates, optimizer, 3, 4, NONE), first)


def test_settings_that_were_changed_are_heeded():
    rates, optimizer = Rates(F8), fastbp.SGD(0.1)
    assert rows_of(rates, optimizer, 0, 1, NONE)[0, 0] == 0.1
    optimizer.learning_rate = 0.2
    assert rows_of(rates, optimizer, 1, 1, NONE)[0, 0] == 0.2


def test_another_optimizer_of_the_same_settings_has_a_rule_of_its_own():
    rates = Rates(F8)
    rows_of(rates, fastbp.AdamW(weight_decay=0.5), 0, 1, NONE)
    assert np.array_equal(rows_of(rates, fastbp.Adam(weight_decay=0.5), 0, 1, NONE), fastbp.Adam(weight_decay=0.5).rates(0, 1, F8, NONE))


def test_another_plan_is_heeded_by_schedules():
    rates, optimizer = Rates(F8), fastbp.SGD(fastbp.Cosine(0.1))
    for plan in (PLAN, Plan(0, 50, 10), Plan(20, 70, 10)):
        assert np.array_equal(rows_of(rates, optimizer, 20, 3, NONE, plan), optimizer.rates(20, 3, F8, NONE, plan))
        assert rows_of(rates, optimizer, 20, 3, NONE, plan)[0, 0] == pytest.approx(fastbp.Cosine(0.1)(np.array([21]), plan)[0])
