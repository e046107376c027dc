"""Illnesses of steps, on the simplest of losses: (w + b - 2)^2 from w = 1 and b = 0, where a step of SGD makes 1 - 4 rate of the error."""

import pytest

import fastbp
from fastbp.diagnosis.layers import statistics
from fastbp.diagnosis.of_steps import step_findings
from fastbp.diagnosis.trial import Trial


def found(optimizer, *, weight=1.0, history=(), stopped=""):
    model = fastbp.MLP([1, 1], init=([[[weight]]], [[0.0]]), seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=optimizer, seed=0)
    trainer.history.loss[:], trainer.history.stopped = history, stopped
    trial = Trial(trainer.run, [[1.0]], [2.0], None)
    update = trial.update()
    return list(step_findings(trial, list(statistics(trial, trial.gradient()[1], update)), update))


def names(*arguments, **settings):
    return [finding.name for finding in found(*arguments, **settings)]


@pytest.mark.parametrize(("rate", "wanted"), [(1e-9, 1), (1e-7, 1), (0.01, 0), (0.3, 0), (0.6, 0), (0.61, 1), (50.0, 1)])
def test_rates(rate, wanted):
    assert names(fastbp.SGD(rate)) == ["learning rate too small" if rate < 0.1 else "learning rate too large"] * wanted


def test_a_step_that_doubles_the_loss_is_too_large():
    """(1 - 4 rate)^2 is 1.96 of the loss at a rate of 0.6, and 2.07 at 0.61."""
    assert names(fastbp.SGD(0.6)) == [] and names(fastbp.SGD(0.61)) == ["learning rate too large"]


def test_the_numbers_are_those_of_the_step():
    """The weight is moved by 2, the error from -1 to 3; a tenth makes it -0.6."""
    (finding,) = found(fastbp.SGD(1.0))
    assert finding.numbers == pytest.approx({"update_ratio": 2.0, "before": 1.0, "after": 9.0, "after_a_tenth": 0.36}, rel=1e-4)
    assert "(it is 1)" in finding.advice and "from 1 to 9" in finding.what


def test_of_a_rate_that_is_too_small_it_is_told_by_how_much():
    (finding,) = found(fastbp.SGD(1e-8))
    assert 1e6 <= finding.numbers["steps"] <= 1e8 and finding.numbers["after"] < 0.9 * finding.numbers["before"]


def test_small_steps_after_good_ones_are_none_too_small():
    assert names(fastbp.SGD(1e-8), history=[10.0, 1.0]) == []
    assert names(fastbp.SGD(1e-8), history=[10.0, 9.0]) == names(fastbp.SGD(1e-8), history=[1.0]) == ["learning rate too small"]


def test_at_the_minimum_no_step_is_too_small():
    assert names(fastbp.SGD(1e-8), weight=2.0) == []


def test_of_schedules_small_steps_are_not_judged():
    assert names(fastbp.SGD(fastbp.Warmup(0.1, 10**9))) == []


def test_a_run_that_diverged_is_told():
    assert names(fastbp.SGD(0.1), stopped="diverged") == ["diverged"]
    assert names(fastbp.SGD(0.1), stopped="interrupted") == []


def test_losses_that_are_not_finite_are_left_alone():
    assert names(fastbp.SGD(0.1), weight=1e30) == []
