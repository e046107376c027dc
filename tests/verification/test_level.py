"""The level of vector instructions."""

import pytest
from some_checks import on_this_machine

from fastbp.verification import make_golden


@pytest.mark.parametrize("name", make_golden.SETTINGS)
def test_the_level_is_that_which_numba_compiles_for(run_python, name):
    if not on_this_machine(name):
        pytest.skip("needs a processor of that level")
    assert run_python("from fastbp.verification.level import level; print(level())", **make_golden.SETTINGS[name]).strip() == name
