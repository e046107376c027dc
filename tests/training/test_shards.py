"""What may be asked for: shards, and processes that share them."""

import pytest
from small_task import make

import fastbp


@pytest.mark.parametrize(("given", "error", "told"), [
    (0, ValueError, "shards is 0; expected an integer of at least 1"),
    (2.0, TypeError, "shards is 2.0 of type float"),
    (True, TypeError, "shards is True"),
])  # fmt: skip
def test_a_number_of_shards_that_is_none(given, error, told):
    with pytest.raises(error, match=told):
        make(shards=given)


def test_a_solver_is_refused():
    with pytest.raises(ValueError, match="shards is 4; LBFGS takes the whole set in one piece"):
        make(fastbp.LBFGS(), shards=4)


@pytest.mark.parametrize(("given", "told"), [(4, "distributed is 4 of type int; expected"), (int, "distributed is the class int")])
def test_processes_that_are_none(given, told):
    with pytest.raises(TypeError, match=told):
        make(shards=4, distributed=given)


def test_it_stays():
    with pytest.raises(AttributeError, match="shards is 4 and stays so"):
        make(shards=4).shards = 5
