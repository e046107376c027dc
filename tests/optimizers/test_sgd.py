"""SGD, step by step in numbers to check by hand: the gradient is twice the parameter."""

import pytest
from one_parameter import biases

import fastbp


def test_a_step_goes_against_the_gradient():
    assert biases(fastbp.SGD(0.25), 3) == [0.5, 0.25, 0.125]


def test_momentum_keeps_half_of_the_velocity():
    # v = 2; v = 0.5 * 2 + 1 = 2; v = 0.5 * 2 + 0 = 1.
    assert biases(fastbp.SGD(0.25, momentum=0.5), 3) == [0.5, 0.0, -0.25]


def test_nesterov_looks_ahead():
    # v = 2, a step of 2 + 0.5 * 2; v = 0.5 * 2 + 0.5 = 1.5, a step of 0.5 + 0.5 * 1.5.
    assert biases(fastbp.SGD(0.25, momentum=0.5, nesterov=True), 2) == [0.25, -0.0625]


def test_weight_decay_is_part_of_the_gradient():
    # 2 b + 0.5 b.
    assert biases(fastbp.SGD(0.25, weight_decay=0.5), 2) == [0.375, 0.140625]


@pytest.mark.parametrize(("settings", "slots"), [({}, 0), ({"momentum": 0.5}, 1), ({"momentum": 0.5, "nesterov": True}, 1)])
def test_a_velocity_is_remembered_where_there_is_momentum(settings, slots):
    assert fastbp.SGD(0.1, **settings).n_slots == slots
