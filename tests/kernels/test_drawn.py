"""The random numbers of a step: those that dropout and noise use are compared in test_dropout.py."""

import numpy as np
import pytest

from fastbp.kernels.drawn import draw

pytestmark = pytest.mark.kernels


def drawn(step, purpose, normal=False):
    out = np.zeros(3 * 16)
    draw(out, 1234, step, purpose, 3, normal)
    return out.reshape(3, 16)


def test_each_number_is_of_step_purpose_unit_and_row():
    numbers = [drawn(0, 0), drawn(1, 0), drawn(0, 1)]
    assert len({*np.concatenate(numbers).ravel()}) == 3 * 48 and (drawn(0, 0) == numbers[0]).all()
    assert all((each >= 0).all() and (each < 1).all() for each in numbers)


def test_normal_numbers_are_on_both_sides():
    assert (drawn(0, 0, normal=True) < 0).any() and np.abs(drawn(0, 0, normal=True)).max() < 6
