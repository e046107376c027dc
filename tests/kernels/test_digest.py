"""A digest is that of its formula, and tells small changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.kernels.digest import digest

pytestmark = pytest.mark.kernels

KEY, HALF = 0x9E3779B97F4A7C15, 2**32


def by_formula(content):
    """In Python's integers."""
    total = 0
    for i, begin in enumerate(range(0, len(content), 8)):
        word = int.from_bytes(content[begin : begin + 8], "little")
        mixed = word ^ (i + 1) * KEY % 2**64
        total += word + mixed % HALF * (mixed // HALF)
    return total % 2**64


@given(content=st.binary(max_size=200))
def test_the_number_is_that_of_the_formula(content):
    assert digest(np.frombuffer(content, np.uint8)) == by_formula(content)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "f2", "u1"])
def test_a_long_array_of_any_type(dtype):
    array = np.random.default_rng(0).integers(0, 100, (1001, 3)).astype(dtype)
    assert digest(array) == by_formula(array.tobytes())


@given(cut=st.integers(0, 60))
def test_the_digests_of_pieces_add_up(cut):
    array = np.random.default_rng(0).normal(size=61)
    assert (digest(array[:cut]) + digest(array[cut:], cut)) % 2**64 == digest(array)


def test_one_bit_anywhere_and_two_rows_that_change_places_are_noticed():
    array = np.zeros((40, 3), np.float32)
    array[7] = 1, 2, 3
    first = digest(array)
    seen = set()
    for byte in range(array.nbytes):
        for bit in range(8):
            changed = array.copy()
            changed.view(np.uint8).reshape(-1)[byte] ^= 1 << bit
            seen.add(digest(changed))
    array[[7, 9]] = array[[9, 7]]
    seen.add(digest(array))
    assert first not in seen
