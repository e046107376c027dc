"""Functions that users have written, as building blocks: which take whole vectors, and that they stay as they are."""

import math

import numba
import numpy as np
import own_functions
import pytest

from fastbp.compiling.jit import DISABLED
from fastbp.kernels import written

VECTORS = [
    own_functions.swish, own_functions.swish_derivative, own_functions.squared_relu, own_functions.elu_by_where,
    own_functions.Functions.cube, lambda z: np.where(z >= 1, 1.0, z), lambda z: 0 * z + 2.0, lambda z: np.where(z > 0, 1.0, 0.1),
    lambda z: 2.0,
]  # fmt: skip
NUMBERS = [own_functions.swish_by_branches, lambda z: math.erf(z), lambda z: 1.0 if z > 0 else 0.0]


@pytest.mark.skipif(DISABLED, reason="there are no vectors then")
def test_which_functions_take_vectors():
    assert all(written.take_vectors([written.building_block_of(function)], 1) for function in VECTORS)
    assert not any(written.take_vectors([written.building_block_of(function)], 1) for function in NUMBERS)


def test_the_function_of_the_user_stays_as_it_is():
    before = own_functions.swish.__qualname__, own_functions.swish(1.0)
    written.building_block_of(own_functions.swish)
    assert (own_functions.swish.__qualname__, own_functions.swish(1.0)) == before


@pytest.mark.skipif(DISABLED, reason="there are no vectors then")
def test_functions_of_two_numbers_and_all_of_several_must_take_vectors():
    both = [written.building_block_of(function) for function in (own_functions.cubed_error, own_functions.cubed_error_derivative)]
    branches = written.building_block_of(own_functions.uneven_error)
    assert written.take_vectors(both, 2) and not written.take_vectors([branches], 2)
    assert not written.take_vectors([both[0], branches], 2)


def test_functions_that_the_user_has_compiled_are_taken_as_they_were_written():
    block = written.building_block_of(numba.njit(own_functions.swish))
    assert getattr(block, "py_func", block)(1.0) == own_functions.swish(1.0)


@pytest.mark.skipif(DISABLED, reason="Python takes any function")
def test_what_can_be_compiled_for_nothing_is_refused_by_its_name():
    written.check_numbers(written.building_block_of(own_functions.uneven_error), "value", 2)
    with pytest.raises(TypeError, match="value of the loss can be compiled neither for vectors nor for numbers"):
        written.check_numbers(written.building_block_of(lambda p, t: p if p > t else "text"), "value of the loss", 2)
