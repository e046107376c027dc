"""The network of an estimator: views of its parameters, what is remembered where the rate changes, dense parts of sparse rows."""

import pickle

import numpy as np
import pytest

from fastbp.sklearn.network import Network
from fastbp.sklearn.rules import AdamRule, Penalties, VelocityRule

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(23, 4)), RANDOM.normal(size=(23, 2))
COEFS = [RANDOM.normal(size=(4, 5)), RANDOM.normal(size=(5, 2))]
INTERCEPTS = [np.zeros(5), np.ones(2)]


def network(rule=None, activation="tanh"):
    return Network(COEFS, INTERCEPTS, activation, "identity", rule or VelocityRule(0.1, 0.9, penalties=Penalties(0.5)))


def test_parameters_are_views_and_foreign_ones_are_copied():
    net = network()
    weights, biases = net.parameters
    assert all((a == b).all() for a, b in zip(weights + biases, COEFS + INTERCEPTS, strict=True))
    weights[0][:] = 2.0
    net.write(weights, [np.full(5, 3.0), biases[1]])
    assert (net.model.weights[0] == 2).all() and (net.model.biases[0] == 3).all() and (INTERCEPTS[0] == 0).all()


@pytest.mark.parametrize("rule", [VelocityRule(0.1, 0.9, penalties=Penalties(0.5)), AdamRule(0.1, penalties=Penalties(0.5))])
def test_a_copy_goes_on_to_the_same_bits(rule):
    first = network(rule)
    first.epoch(X, Y, None, np.arange(23), 5, None)
    second = pickle.loads(pickle.dumps(first))
    losses = [net.epoch(X, Y, None, np.arange(23), 5, None) for net in (first, second)]
    assert losses[0] == losses[1] and (first.model.network.parameters == second.model.network.parameters).all()


def test_the_velocity_stays_where_the_rate_changes():
    net = network()
    net.epoch(X, Y, None, np.arange(23), 5, None)
    velocity = 0.1 * net.memory.flat
    net.set_rate(0.02)
    np.testing.assert_allclose(0.02 * net.memory.flat, velocity, rtol=1e-14)
    net.set_rate(0.0)
    assert np.isfinite(net.memory.flat).all()


def test_weights_of_rows_count_by_the_batch():
    weights = np.r_[np.full(10, 4.0), np.ones(13)]
    found = []
    for sample_weight in (None, weights):
        net = network(VelocityRule(0.1, 0.9, penalties=Penalties(0.0)))
        # Batches of rows of one weight each.
        found.append([net.epoch(X[:20], Y[:20], None if sample_weight is None else sample_weight[:20], np.arange(20), 10, None)])
        found[-1].append(net.model.network.parameters.copy())
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-14)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-12)


def test_another_network_may_go_on_with_what_one_remembers():
    first = network()
    first.epoch(X, Y, None, np.arange(23), 5, None)
    second = Network(*first.parameters, "relu", "identity", VelocityRule(0.1, 0.9), before=first)
    assert (second.memory.flat == first.memory.flat).all() and second.memory.steps == 5


def test_what_is_remembered_is_given_and_taken():
    first, second = network(), network()
    first.epoch(X, Y, None, np.arange(23), 5, None)
    second.remember(first.remembered(), 5)
    assert (second.memory.flat == first.memory.flat).all() and second.memory.steps == 5 and second.rate == 0.1


@pytest.mark.parametrize("rule", [VelocityRule(0.1, 0.9), VelocityRule(0.1, 1.0, True), VelocityRule(0.1, 0.0), AdamRule(0.1)])
def test_a_trainer_goes_on_with_the_model(rule):
    net = network(rule)
    net.epoch(X, Y, None, np.arange(23), 5, None)
    trainer = net.trainer
    assert trainer is net.trainer and trainer.model is net.model and trainer.loss.name == "squared_error"
    assert trainer.run.memory.steps == 5
    trainer.fit(X, Y, epochs=1)
    net.epoch(X, Y, None, np.arange(23), 5, None)
    assert net.trainer is not trainer
