"""Sorting of groups of outputs: few rows and panels, NaN, and sizes of groups."""

import numpy as np
import pytest

import fastbp
from fastbp.activations import Ascending
from fastbp.verification.problems import random_inputs

pytestmark = pytest.mark.kernels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [1, 5, 16, 40, 100])
@pytest.mark.parametrize(("size", "groups"), [(1, 3), (2, 1), (2, 5), (3, 2), (7, 3), (20, 1)])
def test_each_group_is_sorted_and_no_other_number_is_touched(size, groups, rows, dtype):
    n = size * groups
    model = fastbp.MLP([n, n], output_activation=Ascending(size), init=([np.eye(n)], [np.zeros(n)]), dtype=dtype)
    X = random_inputs(rows, n, dtype=dtype)
    wanted = np.sort(X.reshape(rows, groups, size), axis=2).reshape(rows, n)
    np.testing.assert_array_equal(model.predict(X), wanted)
    np.testing.assert_array_equal(Ascending(size).reference(X), wanted)


def test_equal_numbers_and_infinities_have_their_places():
    model = fastbp.MLP([4, 4], output_activation=Ascending(4), init=([np.eye(4)], [np.zeros(4)]))
    assert model.predict([[2, 1, 2, 1]]).tolist() == [[1, 1, 2, 2]]
    model.biases[0][:] = [np.inf, 0, -np.inf, 0]
    # In plain Python NumPy warns of lanes that hold no row.
    with np.errstate(invalid="ignore"):
        assert model.predict([[0, 3, 0, -3]]).tolist() == [[-np.inf, -3, 3, np.inf]]
