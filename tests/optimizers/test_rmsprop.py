"""RMSprop, step by step in numbers to check by hand: the gradient is twice the parameter."""

from math import sqrt

import pytest
from one_parameter import biases

import fastbp


def test_the_first_step_has_one_size_whatever_the_gradient():
    # s = 0.25 g**2, so that g / sqrt(s) = 2.
    assert biases(fastbp.RMSprop(0.1, alpha=0.75, epsilon=1e-30), 1) == [pytest.approx(0.8, rel=1e-14)]


def test_the_second_step_is_divided_by_the_running_mean():
    # g = 2, then 1.6; s = 0.25 * 4 = 1, then 0.75 * 1 + 0.25 * 2.56 = 1.39.
    assert biases(fastbp.RMSprop(0.1, alpha=0.75, epsilon=1e-30), 2)[1] == pytest.approx(0.8 - 0.1 * 1.6 / sqrt(1.39), rel=1e-14)


def test_epsilon_is_added_to_the_root():
    assert biases(fastbp.RMSprop(0.1, alpha=0.75, epsilon=1.0), 1) == [pytest.approx(1 - 0.1 * 2 / (1 + 1), rel=1e-14)]


def test_centred_takes_the_square_of_the_mean_away():
    # s = 1, the mean 0.25 * 2 = 0.5.
    assert biases(fastbp.RMSprop(0.1, alpha=0.75, epsilon=1e-30, centered=True), 1)[0] == pytest.approx(1 - 0.2 / sqrt(0.75), rel=1e-14)


def test_momentum_keeps_half_of_the_velocity():
    found = biases(fastbp.RMSprop(0.1, alpha=0.75, epsilon=1e-30, momentum=0.5), 2)
    # The first quotient is 2, the second 1.6 / sqrt(1.39).
    assert found == pytest.approx([0.8, 0.8 - 0.1 * (0.5 * 2 + 1.6 / sqrt(1.39))], rel=1e-14)


def test_weight_decay_is_part_of_the_gradient():
    # The quotient does not know how large a gradient is; epsilon does.
    assert biases(fastbp.RMSprop(0.1, alpha=0.75, epsilon=1.0, weight_decay=2.0), 1) == [pytest.approx(1 - 0.1 * 4 / (2 + 1), rel=1e-14)]


@pytest.mark.parametrize(("settings", "slots"), [({}, 1), ({"momentum": 0.5}, 3), ({"centered": True}, 3)])
def test_as_much_is_remembered_as_the_rule_needs(settings, slots):
    assert fastbp.RMSprop(0.1, **settings).n_slots == slots
