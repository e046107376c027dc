"""Where an array's first element lies, whatever kind of array it is."""

import numpy as np
import pytest

from fastbp.kernels.address import address_of


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1", "i8"])
@pytest.mark.parametrize(
    "given",
    [
        lambda array: array,
        lambda array: array[2:],
        lambda array: array[::2],
        lambda array: array[::-1, ::-1],
        lambda array: array.T,
        lambda array: array[:, 1:3],
        lambda array: array[:0],
        lambda array: array[3, 1],
        read_only,
    ],
    ids=["whole", "rows", "every_second", "reversed", "turned", "columns", "empty", "number", "read_only"],
)
def test_the_address_is_that_of_the_first_element(given, dtype):
    array = np.asarray(given(np.arange(28).astype(dtype).reshape(7, 4)))
    assert address_of(array) == array.__array_interface__["data"][0] == array.ctypes.data


def test_an_array_that_begins_at_any_byte():
    array = np.zeros(33, np.uint8)[1:].view("f4")
    assert address_of(array) == array.ctypes.data
