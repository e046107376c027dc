"""The oracle against the definition of a derivative: it shares nothing with the kernels, and differences share nothing with it."""

import numpy as np
import pytest

from fastbp.verification import reference
from fastbp.verification.gradients import KINDS, SEEDS
from fastbp.verification.problems import random_inputs, random_model, random_targets, random_weights

STEP = 1e-6


def problem(hidden, loss, output):
    """A net, its inputs, its targets and weights of the rows."""
    net = reference.net_of(random_model([3, 4, 3, 2], seed=SEEDS[None], activation=hidden, output_activation=output))
    return net, random_inputs(5, 3, seed=SEEDS[None]), random_targets(loss, 5, 2, seed=SEEDS[None]), random_weights(5, seed=SEEDS[None])


@pytest.mark.parametrize(("hidden", "loss", "output"), KINDS, ids=str)
def test_gradients_are_the_slopes_of_the_loss(hidden, loss, output):
    net, *data = problem(hidden, loss, output)
    value, weights, biases = reference.loss_and_gradients(net, loss, *data)
    assert value == pytest.approx(reference.losses(net, loss, *data).sum(), rel=1e-15)
    for array, gradient in zip(net.parameters, [*weights, *biases], strict=True):
        for place in np.ndindex(array.shape):
            held = array[place]
            array[place] = held + STEP
            above = reference.losses(net, loss, *data).sum()
            array[place] = held - STEP
            below = reference.losses(net, loss, *data).sum()
            array[place] = held
            assert gradient[place] == pytest.approx((above - below) / (2 * STEP), rel=1e-6, abs=1e-8)


def test_shares_are_weights_over_their_sum():
    assert np.array_equal(reference.shares(4), np.full(4, 0.25))
    assert np.array_equal(reference.shares(3, [1, 2, 5]), np.array([1, 2, 5]) / 8)


@pytest.mark.parametrize(("rows", "size", "wanted"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, None, [3]), (3, 5, [3])])
def test_batches_follow_each_other_and_the_last_may_be_short(rows, size, wanted):
    taken = [np.arange(rows)[batch] for batch in reference.batches(rows, size)]
    assert [batch.size for batch in taken] == wanted and np.array_equal(np.concatenate(taken), np.arange(rows))


def test_a_net_is_a_copy_of_the_model():
    model = random_model([3, 4, 2], dtype="float32")
    net = reference.net_of(model)
    assert all(array.dtype == np.float64 for array in net.parameters)
    net.weights[0][:] = 0
    assert model.weights[0].any()
