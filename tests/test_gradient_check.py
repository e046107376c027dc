"""Back-propagation against central differences of the loss, in float64, through the public API alone."""

import numpy as np
import pytest

import fastbp
from fastbp.between import NORMALIZATIONS
from fastbp.losses import LOSSES
from fastbp.verification.gradients import KINDS, SEEDS, check_far_from_kinks, gradient_deviations, small_net
from fastbp.verification.problems import random_inputs, random_model, random_targets


def check_gradients(trainer, *data):
    assert [str(each) for each in gradient_deviations(trainer, *data) if not each.passed] == []


@pytest.mark.parametrize(("hidden", "loss", "output"), KINDS, ids=str)
def test_every_weight_of_a_small_net_agrees_with_central_differences(hidden, loss, output):
    trainer, (X, t, w) = small_net(hidden, loss, output)
    check_gradients(trainer, X, t)
    check_gradients(trainer, X, t, w)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize(("hidden", "loss", "output"), KINDS, ids=str)
def test_every_parameter_of_a_normalised_net_agrees_with_central_differences(hidden, loss, output, normalization):
    trainer, data = small_net(hidden, loss, output, normalization)
    check_gradients(trainer, *data)


@pytest.mark.parametrize("normalization", [None, *NORMALIZATIONS])
@pytest.mark.parametrize("rows", [5, 40])
def test_gradients_with_dropout_and_noise_are_those_of_the_loss_of_that_step(rows, normalization):
    between = {"normalization": normalization, "dropout": (0.3, 0.2), "input_dropout": 0.2, "input_noise": 0.1}
    model = random_model([3, 20, 6, 2], activation="tanh", **between)
    trainer = fastbp.Trainer(model, loss="squared_error", seed=3)
    data = random_inputs(rows, 3), random_targets("squared_error", rows, 2)
    trainer.step(*data)
    plain = fastbp.Trainer(fastbp.MLP([3, 20, 6, 2], init=(model.weights, model.biases), dtype="float64"), loss="squared_error")
    assert trainer.loss_and_gradients(*data)[0] != plain.loss_and_gradients(*data)[0]
    check_gradients(trainer, *data)


def test_labels_agree_with_central_differences():
    trainer = fastbp.Trainer(random_model([3, 4, 3], activation="tanh"), loss="cross_entropy")
    check_gradients(trainer, random_inputs(5, 3), np.array([0, 1, 2, 1, 0]))


@pytest.mark.parametrize("loss", LOSSES)
def test_mixed_activations_agree_with_central_differences(loss):
    hidden = ["tanh", fastbp.LeakyReLU(0.3), "sigmoid", "identity"]
    model = random_model([3, 4, 5, 3, 4, 2], seed=SEEDS[None], activation=hidden)
    X = random_inputs(5, 3, seed=SEEDS[None])
    check_far_from_kinks(model, X)
    check_gradients(fastbp.Trainer(model, loss=loss), X, random_targets(loss, 5, 2))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_net_without_hidden_layers_agrees_with_central_differences(loss):
    check_gradients(fastbp.Trainer(random_model([4, 3]), loss=loss), random_inputs(7, 4), random_targets(loss, 7, 3))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ["tanh", "sigmoid"])
def test_a_random_direction_of_a_million_weights_agrees_with_the_central_difference(loss, hidden):
    trainer = fastbp.Trainer(random_model([300, 1000, 700, 10], activation=hidden), loss=loss)
    X, t = random_inputs(20, 300), random_targets(loss, 20, 10)
    _, weights, biases = trainer.loss_and_gradients(X, t)
    random = np.random.default_rng(7)
    # Half along the gradient, so that the slope is not lost among a million numbers that cancel.
    directions = [g / np.linalg.norm(g) + random.normal(size=g.shape) / g.size**0.5 for g in [*weights, *biases]]
    wanted = sum((g * d).sum() for g, d in zip([*weights, *biases], directions, strict=True))
    step, values = 1e-5, []
    for sign in (1, -2):
        for array, direction in zip([*trainer.model.weights, *trainer.model.biases], directions, strict=True):
            array += sign * step * direction
        values.append(trainer.loss_and_gradients(X, t)[0])
    slope = (values[0] - values[1]) / (2 * step)
    assert abs(slope - wanted) / (abs(slope) + abs(wanted)) < 1e-7
