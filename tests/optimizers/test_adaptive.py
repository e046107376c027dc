"""Adagrad, Adadelta and Adamax, step by step in numbers to check by hand: the gradient is twice the parameter."""

from math import sqrt

import numpy as np
import pytest
from one_parameter import biases

import fastbp


def test_adagrad_divides_by_the_root_of_the_sum():
    # g = 2: a step of the rate; g = 1.8: s = 4 + 3.24.
    assert biases(fastbp.Adagrad(0.1, epsilon=1e-30), 2) == pytest.approx([0.9, 0.9 - 0.1 * 1.8 / sqrt(7.24)], rel=1e-14)


def test_adagrads_sum_begins_where_it_is_told_and_its_decay_is_part_of_the_gradient():
    # s = 5 + 4 = 9; with decay g = 4, s = 9 + 16 = 25.
    assert biases(fastbp.Adagrad(0.1, epsilon=1.0, initial_accumulator=5.0), 1) == [pytest.approx(1 - 0.1 * 2 / (3 + 1), rel=1e-14)]
    found = biases(fastbp.Adagrad(0.1, epsilon=1.0, initial_accumulator=9.0, weight_decay=2.0), 1)
    assert found == [pytest.approx(1 - 0.1 * 4 / (5 + 1), rel=1e-14)]


def test_adagrads_beginning_counts_once():
    optimizer = fastbp.Adagrad(initial_accumulator=0.5)
    assert optimizer.rates(0, 3, np.dtype("f8"), np.ones(0))[:, 3].tolist() == [0.5, 0, 0]


def test_adadelta_steps_by_the_size_of_the_steps_before():
    # s = 0.5 * 4 = 2; u = 0, so that d = sqrt(2) / sqrt(2 + 2) * 2 = sqrt(2), and u = 0.5 * 2 = 1.
    first = 1 - 0.1 * sqrt(2)
    g = 2 * first
    s = 1 + 0.5 * g**2
    second = first - 0.1 * sqrt(1 + 2) / sqrt(s + 2) * g
    assert biases(fastbp.Adadelta(0.1, rho=0.5, epsilon=2.0), 2) == pytest.approx([first, second], rel=1e-14)


def test_adadeltas_decay_is_part_of_the_gradient():
    # g = 4, s = 8, d = sqrt(1) / sqrt(9) * 4.
    assert biases(fastbp.Adadelta(0.3, rho=0.5, epsilon=1.0, weight_decay=2.0), 1) == [pytest.approx(1 - 0.3 * 4 / 3, rel=1e-14)]


def test_adamax_divides_by_the_largest_gradient_which_fades():
    # m = 1, corrected 2, u = 2: a step of the rate. Then g = 1.8, m = 1.4 / 0.75, u = max(0.95 * 2, 1.8).
    found = biases(fastbp.Adamax(0.1, 0.5, 0.95, epsilon=1e-30), 2)
    assert found == pytest.approx([0.9, 0.9 - 0.1 * (1.4 / 0.75) / 1.9], rel=1e-14)
    found = biases(fastbp.Adamax(0.1, 0.5, 0.5, epsilon=1e-30), 2)
    assert found[1] == pytest.approx(0.9 - 0.1 * (1.4 / 0.75) / 1.8, rel=1e-14)


def test_adamaxs_epsilon_is_added_to_the_gradient_and_decay_is_part_of_it():
    assert biases(fastbp.Adamax(0.1, 0.5, 0.5, epsilon=2.0, weight_decay=2.0), 1) == [pytest.approx(1 - 0.1 * 4 / (4 + 2), rel=1e-14)]


@pytest.mark.parametrize(("optimizer", "slots"), [(fastbp.Adagrad, 1), (fastbp.Adadelta, 2), (fastbp.Adamax, 2)])
def test_what_is_remembered(optimizer, slots):
    assert optimizer().n_slots == slots


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fastbp.Adagrad(0), r"learning_rate is 0\.0"),
        (lambda: fastbp.Adagrad(initial_accumulator=-1), r"initial_accumulator is -1\.0"),
        (lambda: fastbp.Adagrad(epsilon=0), r"epsilon is 0\.0"),
        (lambda: fastbp.Adadelta(rho=1), r"rho is 1\.0; expected a number in \[0, 1\)"),
        (lambda: fastbp.Adadelta(weight_decay=-1), r"weight_decay is -1\.0"),
        (lambda: fastbp.Adamax(beta_2=1), r"beta_2 is 1\.0"),
        (lambda: fastbp.Adamax(epsilon=0), r"epsilon is 0\.0"),
    ],
)
def test_what_is_no_setting_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
