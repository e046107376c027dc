"""The gradient of predictions' loss is what differences of that loss say, normalised or not."""

import numpy as np
import pytest
from ledger import NORMS

import fastbp
from fastbp import _textbook as textbook
from fastbp.trace.of_prediction import gradients
from fastbp.verification.problems import random_inputs, random_model


@pytest.mark.parametrize("normalization", NORMS)
def test_of_every_parameter_it_is_the_quotient_of_differences(normalization):
    model = random_model([3, 4, 3, 2], activation="tanh", normalization=normalization)
    model.running_means = [np.linspace(-1, 1, mean.size) for mean in model.running_means]
    model.running_variances = [np.linspace(0.5, 2, variance.size) for variance in model.running_variances]
    trainer, X, y = fastbp.Trainer(model, loss="cross_entropy"), random_inputs(6, 3), np.arange(6) % 2
    found = gradients(textbook.net_of(model), trainer.loss, X, np.eye(2)[y])
    for layer, matrix in enumerate(found):
        arrays = [*model.weights[layer], model.biases[layer]]
        arrays += [model.scales[layer], model.shifts[layer]] if layer < len(model.scales) else []
        assert matrix.shape == (len(arrays), model.biases[layer].size)
        for row, array in enumerate(arrays):
            for j in range(array.size):
                assert matrix[row, j] == pytest.approx(_quotient(trainer, array, j, X, y), rel=1e-6, abs=1e-9)


def _quotient(trainer, array, j, X, y, h=1e-5):
    held, losses = array[j], []
    for value in (held + h, held - h):
        array[j] = value
        losses.append(trainer.evaluate(X, y)["loss"])
    array[j] = held
    return (losses[0] - losses[1]) / (2 * h)
