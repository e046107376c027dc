"""A pass forward and one back in NumPy: by hand, and against differences."""

import numpy as np
import pytest

import fastbp
from fastbp import _textbook as textbook
from fastbp.between import NORMALIZATIONS
from fastbp.verification.problems import random_inputs, random_model


def test_forward_and_backward_by_hand():
    net = textbook.Net([np.array([[2.0]]), np.array([[3.0]])], [np.array([1.0]), np.array([-1.0])], [fastbp.ReLU(), fastbp.Identity()])
    masks = [np.ones((2, 1)), np.array([[1.0], [2.0]])]
    done = textbook.forward(net, [[1.0], [2.0]], masks)
    assert [a.tolist() for a in done.outputs] == [[[1], [2]], [[3], [10]], [[8], [29]]] and done.logits[0].tolist() == [[3], [5]]
    back = textbook.backward(net, done, np.array([[1.0], [0.5]]), masks)
    assert [d.tolist() for d in back.deltas] == [[[3], [3]], [[1], [0.5]]] and back.errors[0].tolist() == [[3], [1.5]]
    weights, biases = textbook.sums(net, done, back)
    assert [w.item() for w in weights] == [9, 8] and [b.item() for b in biases] == [6, 1.5]


def test_shares_are_weights_over_their_sum_or_over_rows_and_a_mean():
    assert textbook.shares(4).tolist() == [0.25] * 4 and textbook.shares(2, [1, 3]).tolist() == [0.25, 0.75]
    assert textbook.shares(2, [1, 3], 4.0).tolist() == [0.125, 0.375]


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_way_back_is_the_slope_of_the_way_forth(normalization):
    net = textbook.net_of(random_model([3, 4, 2], activation="tanh", normalization=normalization))
    X, errors, masks = random_inputs(6, 3), random_inputs(6, 2, seed=1), [np.ones((6, 3)), np.full((6, 4), 1.25)]
    back = textbook.backward(net, textbook.forward(net, X, masks), errors, masks)
    weights, _ = textbook.sums(net, textbook.forward(net, X, masks), back)
    net.weights[0][1, 2] += 1e-6
    above = (textbook.forward(net, X, masks).logits[-1] * errors).sum()
    net.weights[0][1, 2] -= 2e-6
    below = (textbook.forward(net, X, masks).logits[-1] * errors).sum()
    assert weights[0][1, 2] == pytest.approx((above - below) / 2e-6, rel=1e-6)
    assert len(back.scales) == len(back.shifts) == 1
