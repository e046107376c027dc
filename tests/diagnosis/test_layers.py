"""Statistics of layers, by hand."""

import numpy as np
from numpy.testing import assert_allclose

import fastbp
from fastbp.diagnosis.layers import statistics
from fastbp.diagnosis.trial import Trial


def of(activation, weights, biases, X, y):
    model = fastbp.MLP([1, 2, 1], activation=activation, init=(weights, biases), seed=0)
    trial = Trial(fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.1), seed=0).run, X, y, None)
    return list(statistics(trial, trial.gradient()[1], trial.update()))


def test_two_rows_by_hand():
    """Rows 1 and 3, units 2 x and relu(-x) = 0, outputs 2 x + 1; targets 0, gradients 2 (2 x + 1) of them."""
    first, last = of("relu", [[[2.0, -1.0]], [[1.0], [1.0]]], [[0.0, 0.0], [1.0]], [[1.0], [3.0]], [0.0, 0.0])
    assert (first.layer, first.n_in, first.n_out, first.activation) == (0, 1, 2, "relu")
    assert (first.weight_mean, first.weight_std, first.weight_largest) == (0.5, 1.5, 2.0)
    assert (first.output_mean, first.dead, first.saturated) == (2.0, 1, 0)
    assert_allclose(first.output_std, np.std([2.0, 6.0, 0.0, 0.0]))
    assert (last.output_mean, last.output_std, last.dead) == (5.0, 2.0, 0)
    # Of the first layer mean(2 * output * 1 * x) = (2 * 3 * 1 + 2 * 7 * 3) / 2 = 24; of the last mean(2 * output * 2 x) = 48 and 0.
    assert_allclose([first.gradient_ratio, last.gradient_ratio], [24 / np.sqrt(5), 48 / np.sqrt(2)], rtol=1e-6)
    assert_allclose([first.update_ratio, last.update_ratio], [2.4 / np.sqrt(5), 4.8 / np.sqrt(2)], rtol=1e-6)


def test_a_unit_is_saturated_on_nearly_all_rows():
    X = np.ones((100, 1))
    X[:5] = 0.0
    first, last = of("tanh", [[[9.0, 9.0]], [[1.0], [1.0]]], [[0.0, -9.0], [0.0]], X, np.zeros(100))
    # The first unit is flat on 95 rows, the second on 5.
    assert (first.saturated, first.dead, last.saturated) == (1, 0, 0)


def test_without_weights_and_gradients_there_are_ratios_too():
    zeros = [np.zeros((1, 2)), np.zeros((2, 1))], [np.zeros(2), np.zeros(1)]
    first, last = of("tanh", *zeros, [[1.0]], [1.0])
    assert first.update_ratio == first.gradient_ratio == last.gradient_ratio == 0.0
    moved, _ = of("relu", [[[1.0, 1.0]], [[0.0], [0.0]]], zeros[1], [[1.0]], [1.0])
    assert moved.gradient_ratio == 0.0
    _, infinite = of("relu", [[[1.0, 1.0]], [[0.0], [0.0]]], zeros[1], [[1.0]], [1.0])
    assert infinite.gradient_ratio == infinite.update_ratio == np.inf
