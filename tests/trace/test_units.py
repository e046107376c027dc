"""Names of units, and which count most."""

import numpy as np
import pytest
from traced import X, Y, textbook

import fastbp
from fastbp.trace.units import carried, check_row, largest, name_of


def test_names_are_those_of_the_arrays():
    trace = textbook().trace(X, Y)
    assert [name_of(trace, column, 1) for column in range(3)] == ["x1", "h1", "y1"]
    deep = fastbp.Trainer(fastbp.MLP([2, 3, 3, 1], seed=0), loss="squared_error").trace(X, Y)
    assert [name_of(deep, column, 0) for column in range(4)] == ["x0", "h1.0", "h2.0", "y0"]


def test_what_a_unit_carries_is_its_output_times_what_comes_back():
    trace = textbook().trace(X, Y)
    inputs, hidden, outputs = carried(trace)
    assert inputs.shape == (4, 2) and (inputs[0] == 0).all()
    by_hand = trace.activations[1][3, 0] * trace.deltas[1][3, 0] * trace.weights[1][0, 0]
    assert hidden[3, 0] == pytest.approx(abs(by_hand), rel=1e-14)
    np.testing.assert_array_equal(outputs, abs(trace.deltas[1]))


def test_the_largest_are_in_order_of_place():
    assert largest(np.array([0.1, -3, 2, 0]), 2).tolist() == [1, 2]
    assert largest(np.array([1.0, 1, 1]), 2).tolist() == [0, 1]
    assert largest(np.array([1.0, 5]), None).tolist() == [0, 1]


def test_a_row_that_is_none_is_refused():
    trace = textbook().trace(X, Y)
    assert check_row(trace, 3) == 3
    with pytest.raises(ValueError, match=r"row is 4; the batch has rows 0 to 3"):
        check_row(trace, 4)
    with pytest.raises(TypeError, match="row is 1"):
        check_row(trace, 1.5)
