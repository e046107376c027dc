"""Rules that divide by squares: each parameter is the formula's, in blocks and row by row, and NaN stays."""

import pytest
from rules import SIZES, after_steps, check_padding, check_steps, nan_stays

from fastbp.kernels import codes
from fastbp.kernels.rules import adaptive
from fastbp.optimizers import OPTIMIZERS

pytestmark = pytest.mark.kernels

NAMES = ["rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "amsgrad"]
CASES = [case for name in NAMES for case in OPTIMIZERS[name].cases()]


def test_these_are_the_rules_of_the_module():
    # That of LAMB only prepares a step: tests/kernels/test_trust.py.
    assert {case.code for case in CASES} == set(adaptive.RULES) - {codes.LAMB}


@pytest.mark.parametrize(("dtype", "limit"), [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_parameters_and_slots_follow_the_formula(optimizer, rows, dtype, limit):
    check_steps(optimizer, rows, dtype, limit)


@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_beyond_the_parameters_is_written_and_nan_stays(name, rows):
    check_padding(after_steps(OPTIMIZERS[name](), rows), rows == SIZES[-1])
    nan_stays(OPTIMIZERS[name](), rows)
