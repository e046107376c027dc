"""The textbook's example: two inputs, two hidden sigmoid units, one sigmoid output, one sample, squared error, one update."""

import math

import numpy as np
from pytest import approx

import fastbp

# x1 = 1, x2 = 0.5; the target is 1. Row i of W holds the weights from input i; the learning rate is 0.5.
W1, B1 = [[0.1, 0.4], [0.8, -0.6]], [0.2, -0.1]
W2, B2 = [[0.3], [-0.9]], [0.05]
RATE = 0.5


def trainer_of_the_example():
    model = fastbp.MLP([2, 2, 1], activation="sigmoid", output_activation="sigmoid", init=([W1, W2], [B1, B2]), dtype="float64")
    return fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(RATE), batch_size=1)


def test_one_update_is_the_one_worked_by_hand():
    # Forward: z1 = 1 * 0.1 + 0.5 * 0.8 + 0.2 = 0.7 and z2 = 1 * 0.4 - 0.5 * 0.6 - 0.1 = 0.
    h1 = 1 / (1 + math.exp(-0.7))
    h2 = 0.5
    assert h1 == approx(0.6681877722, abs=1e-10)
    # z = 0.3 * 0.6681877722 - 0.9 * 0.5 + 0.05 = -0.1995436683
    o = 1 / (1 + math.exp(-(0.3 * h1 - 0.9 * h2 + 0.05)))
    assert o == approx(0.4502789549, abs=1e-10)
    # Loss: (0.4502789549 - 1)**2, without a factor of one half.
    loss = (o - 1) ** 2
    assert loss == approx(0.3021932274, abs=1e-10)

    # Delta of the output: error times derivative, 2 * (o - 1) * o * (1 - o).
    d = 2 * (o - 1) * o * (1 - o)
    assert d == approx(-0.2721425012, abs=1e-10)
    # Deltas of the hidden units: the output's delta times the connecting weight times h (1 - h).
    d1 = d * 0.3 * h1 * (1 - h1)
    d2 = d * -0.9 * 0.25
    assert (d1, d2) == approx((-0.0181012488, 0.0612320628), abs=1e-10)

    # Every gradient is the delta above a weight times the unit below it; a bias counts as a weight from a unit that is always 1.
    gradient_1, gradient_2 = [[d1, d2], [0.5 * d1, 0.5 * d2]], [[d * h1], [d * 0.5]]
    assert gradient_2 == approx(np.array([[-0.1818422916], [-0.1360712506]]), abs=1e-10)

    # New weight = weight - 0.5 * gradient.
    new_1 = [[0.1 - 0.5 * d1, 0.4 - 0.5 * d2], [0.8 - 0.25 * d1, -0.6 - 0.25 * d2]]
    new_2 = [[0.3 - 0.5 * d * h1], [-0.9 - 0.25 * d]]
    assert new_1 == approx(np.array([[0.1090506244, 0.3693839686], [0.8045253122, -0.6153080157]]), abs=1e-10)
    assert new_2 == approx(np.array([[0.3909211458], [-0.8319643747]]), abs=1e-10)

    trainer = trainer_of_the_example()
    assert trainer.model.predict([[1, 0.5]]) == approx(o, rel=1e-14)
    value, weights, biases = trainer.loss_and_gradients([[1, 0.5]], [[1]])
    assert value == approx(loss, rel=1e-14)
    for found, wanted in zip([*weights, *biases], [gradient_1, gradient_2, [d1, d2], [d]], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-13)

    assert trainer.step([[1, 0.5]], [[1]]) == approx(loss, rel=1e-14)
    new_biases = [[0.2 - 0.5 * d1, -0.1 - 0.5 * d2], [0.05 - 0.5 * d]]
    for found, wanted in zip([*trainer.model.weights, *trainer.model.biases], [new_1, new_2, *new_biases], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_the_update_lowers_the_error_of_its_sample():
    trainer = trainer_of_the_example()
    before = trainer.step([[1, 0.5]], [[1]])
    assert trainer.step([[1, 0.5]], [[1]]) < before
