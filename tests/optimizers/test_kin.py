"""NAdam, RAdam and AMSGrad, step by step in numbers to check by hand: the gradient is twice the parameter."""

from math import sqrt

import numpy as np
import pytest
from one_parameter import biases

import fastbp


def test_nadam_adds_the_gradient_and_the_momentum_to_come():
    # Without decay of the momentum mu = 0.5 / 2 at all steps. g = 2, m = 1, v_hat = 4; M = 1/4, then 1/16.
    found = biases(fastbp.NAdam(0.1, 0.5, 0.75, epsilon=1e-30, momentum_decay=0.0), 1)
    assert found == [pytest.approx(1 - 0.1 * (0.75 / 0.75 * 2 + 0.25 / (1 - 1 / 16) * 1) / 2, rel=1e-14)]


def test_nadams_momentum_rises_and_its_product_is_carried_on():
    optimizer, factors = fastbp.NAdam(momentum_decay=10.0), np.ones(1)
    momenta = [0.9 * (1 - 0.5 * 0.96 ** (10 * t)) for t in range(1, 6)]
    rates = optimizer.rates(0, 2, np.dtype("f8"), factors)
    assert factors[0] == pytest.approx(momenta[0] * momenta[1], rel=1e-14)
    assert rates[1, 0] == pytest.approx(2e-3 * (1 - momenta[1]) / (1 - factors[0]), rel=1e-14)
    assert rates[1, 1] == pytest.approx(2e-3 * momenta[2] / (1 - factors[0] * momenta[2]), rel=1e-14)
    optimizer.rates(2, 2, np.dtype("f8"), factors)
    assert factors[0] == pytest.approx(np.prod(momenta[:4]), rel=1e-14)


@pytest.mark.parametrize("pieces", [(10,), (1,) * 10, (3, 7), (9, 1)])
def test_nadams_bits_do_not_depend_on_how_many_steps_are_asked_for_at_a_time(pieces):
    optimizer, whole, factors, done, found = fastbp.NAdam(), np.ones(1), np.ones(1), 0, []
    wanted = optimizer.rates(0, 10, np.dtype("f8"), whole)
    for count in pieces:
        found.append(optimizer.rates(done, count, np.dtype("f8"), factors))
        done += count
    assert np.array_equal(np.concatenate(found), wanted) and factors.tobytes() == whole.tobytes()


def test_radam_goes_without_v_while_little_is_known_of_it():
    # With beta_2 = 0.999 that is so for five steps: p -= rate m_hat, and m_hat is 2, then (1 + 1.6) / ... by hand.
    found = biases(fastbp.RAdam(0.1, beta_1=0.5), 2)
    m_hat = (0.5 * 1 + 0.5 * 1.6) / 0.75
    assert found == pytest.approx([0.8, 0.8 - 0.1 * m_hat], rel=1e-14)
    rates = fastbp.RAdam().rates(0, 8, np.dtype("f8"), np.ones(0))
    assert (rates[:5, 0] == 0).all() and (rates[5:, 0] > 0).all() and (rates[:5, 1] > 0).all() and (rates[5:, 1] == 0).all()


def test_radam_becomes_adam():
    late, adam = (make().rates(10**6, 1, np.dtype("f8"), np.ones(0))[0] for make in (fastbp.RAdam, fastbp.Adam))
    assert late[0] == pytest.approx(adam[0], rel=1e-3) and late[1] == 0


def test_radam_with_a_short_memory_never_knows_v():
    # n = 2 / (1 - beta_2) - 1 is less than 5.
    for beta in (0.0, 0.5):
        rates = fastbp.RAdam(beta_2=beta).rates(0, 100, np.dtype("f8"), np.ones(0))
        assert np.isfinite(rates).all() and (rates[:, 0] == 0).all() and (rates[:, 1] > 0).all()


def test_amsgrad_divides_by_the_largest_v():
    # g = 2: v = 3; b = 0.9 then, g = 1.8, v = 0.25 * 3 + 0.75 * 3.24 = 3.18; beta_2 = 1/4, so that it falls to 3 only with smaller g.
    found = biases(fastbp.AMSGrad(0.5, 0.0, 0.25, epsilon=1e-30), 2)
    assert found[0] == pytest.approx(0.5, rel=1e-14)
    # g = 1, v = 0.75 + 0.75 = 1.5 < 3: 3 stays, corrected by 1 - 1/16.
    assert found[1] == pytest.approx(0.5 - 0.5 * 1 / sqrt(3 / (15 / 16)), rel=1e-14)
    assert biases(fastbp.Adam(0.5, 0.0, 0.25, epsilon=1e-30), 2)[1] == pytest.approx(0.5 - 0.5 / sqrt(1.5 / (15 / 16)), rel=1e-14)


@pytest.mark.parametrize(("optimizer", "slots", "factors"), [(fastbp.NAdam, 2, 1), (fastbp.RAdam, 2, 0), (fastbp.AMSGrad, 3, 0)])
def test_what_is_remembered(optimizer, slots, factors):
    assert optimizer().n_slots == slots and optimizer().n_factors == factors


@pytest.mark.parametrize("optimizer", [fastbp.NAdam, fastbp.RAdam, fastbp.AMSGrad])
def test_settings_are_checked_as_those_of_adam(optimizer):
    for settings, message in (
        ({"beta_1": 1.0}, r"beta_1 is 1\.0"),
        ({"epsilon": 0}, r"epsilon is 0\.0"),
        ({"learning_rate": 0}, "learning_rate"),
    ):
        with pytest.raises(ValueError, match=message):
            optimizer(**settings)
    with pytest.raises(ValueError, match=r"momentum_decay is -1\.0"):
        fastbp.NAdam(momentum_decay=-1)
