"""Arrays by their names in files."""

import numpy as np
import pytest

from fastbp.files.tensors import fill


def test_stored_numbers_are_copied_into_the_arrays_of_their_names():
    own, stored = {"a": np.zeros(3), "b": np.zeros(2)}, {"a": np.arange(3.0), "b": np.ones(2), "c": np.ones(9)}
    fill(own, stored)
    assert own["a"].tolist() == [0, 1, 2] and own["b"].tolist() == [1, 1]
    stored["a"][0] = 5
    assert own["a"][0] == 0


@pytest.mark.parametrize("other", [np.zeros(4), np.zeros((3, 1)), np.zeros(3, np.float32)])
def test_an_array_of_another_shape_or_type_is_refused(other):
    with pytest.raises(ValueError, match=r"a has shape .*; expected \(3,\), float64"):
        fill({"a": np.zeros(3)}, {"a": other})
