"""Gradient descent with momentum: each parameter is the formula's, in blocks and row by row, and NaN stays."""

import pytest
from rules import SIZES, after_steps, check_padding, check_steps, nan_stays

import fastbp
from fastbp.kernels.rules import momentum
from fastbp.optimizers import OPTIMIZERS

pytestmark = pytest.mark.kernels

CASES = [case for case in OPTIMIZERS["sgd"].cases() if case.code in momentum.RULES]


def test_these_are_the_rules_of_the_module():
    assert {case.code for case in CASES} == set(momentum.RULES)


@pytest.mark.parametrize(("dtype", "limit"), [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_parameters_and_slots_follow_the_formula(optimizer, rows, dtype, limit):
    check_steps(optimizer, rows, dtype, limit)


@pytest.mark.parametrize("rows", SIZES)
def test_nothing_beyond_the_parameters_is_written_and_nan_stays(rows):
    check_padding(after_steps(fastbp.SGD(0.01, momentum=0.9), rows), rows == SIZES[-1])
    nan_stays(fastbp.SGD(0.01, momentum=0.9), rows)
