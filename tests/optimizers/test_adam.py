"""Adam and AdamW, step by step in numbers to check by hand: the gradient is twice the parameter."""

from math import sqrt

import numpy as np
import pytest
from one_parameter import biases

import fastbp


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.5, 0.75), (0.0, 0.0)])
def test_the_first_step_is_the_rate_whatever_the_means_keep(betas):
    assert biases(fastbp.Adam(0.1, *betas, epsilon=1e-30), 1) == [pytest.approx(0.9, rel=1e-14)]


def test_the_second_step_by_the_corrected_means():
    # g = 2, then 1.8. m = 1, then 0.5 + 0.9 = 1.4, corrected by 1 - 0.5**2; v = 1, then 0.75 + 0.81 = 1.56, by 1 - 0.75**2.
    wanted = 0.9 - 0.1 * (1.4 / 0.75) / sqrt(1.56 / 0.4375)
    assert biases(fastbp.Adam(0.1, 0.5, 0.75, epsilon=1e-30), 2)[1] == pytest.approx(wanted, rel=1e-14)


def test_epsilon_is_added_to_the_corrected_root():
    assert biases(fastbp.Adam(0.1, 0.5, 0.75, epsilon=2.0), 1) == [pytest.approx(1 - 0.1 * 2 / (2 + 2), rel=1e-14)]


def test_adams_weight_decay_is_part_of_the_gradient():
    # g = 2 + 2 = 4.
    assert biases(fastbp.Adam(0.1, 0.5, 0.75, epsilon=2.0, weight_decay=2.0), 1) == [pytest.approx(1 - 0.1 * 4 / (4 + 2), rel=1e-14)]


def test_adamws_weight_decay_is_not():
    # The parameter shrinks by 0.1 * 2, and then makes Adam's step of 0.1.
    assert biases(fastbp.AdamW(0.1, 0.5, 0.75, epsilon=1e-30, weight_decay=2.0), 1) == [pytest.approx(0.8 - 0.1, rel=1e-14)]


@pytest.mark.parametrize("optimizer", [fastbp.Adam, fastbp.AdamW])
def test_two_means_are_remembered(optimizer):
    assert optimizer().n_slots == 2


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_after_very_many_steps_nothing_is_corrected(dtype):
    first, late = (fastbp.Adam().rates(steps, 1, np.dtype(dtype), np.ones(0))[0] for steps in (0, 10**9))
    assert np.isfinite(late).all() and late[0] == np.dtype(dtype).type(1e-3) and late[0] < first[0]
