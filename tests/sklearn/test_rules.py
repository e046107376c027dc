"""The rules of the updates: scikit-learn's optimizers by other coefficients."""

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from fastbp.kernels.codes import L2
from fastbp.sklearn.rules import AdamRule, Penalties, VelocityRule


def test_a_step_has_the_penalty_of_its_batch():
    penalties = Penalties(0.5)
    rule = VelocityRule(0.1, 0.9, penalties=penalties)
    penalties.begin(7, np.array([5.0, 5.0, 2.0]))
    assert rule.is_apart
    assert rule.rates(8, 2, np.dtype("f8"), np.ones(1))[:, L2].tolist() == [0.1, 0.25]


def test_without_a_penalty_the_update_does_not_wait():
    rule = AdamRule(penalties=Penalties(0.0))
    assert not rule.is_apart and (rule.rates(0, 3, np.dtype("f8"), np.ones(1))[:, L2] == 0).all()


def test_adam_has_the_rate_of_scikit_learn():
    rule, theirs = AdamRule(0.01, 0.8, 0.95, 1e-4), AdamOptimizer([np.zeros(1)], 0.01, 0.8, 0.95, 1e-4)
    rates = rule.rates(0, 3, np.dtype("f8"), np.ones(1))
    for row in rates:
        theirs._get_updates([np.ones(1)])
        assert row[0] == pytest.approx(theirs.learning_rate, rel=1e-15)
    assert (rates[:, 7] == 1).all() and (rates[:, 8] == 1e-4).all()


def test_momentum_may_be_none_or_all():
    assert VelocityRule(0.1, 0.0, True).n_slots == VelocityRule(0.1, 1.0).n_slots == 1
