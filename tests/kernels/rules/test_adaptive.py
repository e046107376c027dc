"""Rules that are compiled when a run asks for them: each parameter is the formula's, in blocks and row by row, and NaN stays."""

import pytest
from rules import SIZES, after_steps, check_padding, check_steps, nan_stays

import fastbp
from fastbp.kernels import codes, rules
from fastbp.optimizers import OPTIMIZERS

pytestmark = pytest.mark.kernels

NAMES = ["rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "amsgrad", "lion", "rprop", "irprop_minus"]
WITH_MOMENTUM = [case for case in OPTIMIZERS["sgd"].cases() if case.code == codes.MOMENTUM]
CASES = [*WITH_MOMENTUM, *(case for name in NAMES for case in OPTIMIZERS[name].cases())]


def test_these_are_the_rules_of_all_modules():
    # That of LAMB only prepares a step: tests/kernels/test_trust.py.
    assert {case.code for case in CASES} == set(rules.RULES) - {codes.LAMB}


@pytest.mark.parametrize(("dtype", "limit"), [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_parameters_and_slots_follow_the_formula(optimizer, rows, dtype, limit):
    check_steps(optimizer, rows, dtype, limit)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("optimizer", [fastbp.SGD(0.01, momentum=0.9), *(OPTIMIZERS[name]() for name in NAMES)], ids=repr)
def test_nothing_beyond_the_parameters_is_written_and_nan_stays(optimizer, rows):
    check_padding(after_steps(optimizer, rows), rows == SIZES[-1])
    nan_stays(optimizer, rows)
