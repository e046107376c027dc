"""What training is for: learning."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import make_moons
from small_task import OPTIMIZERS

import fastbp


def test_learns_xor():
    inputs, labels = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = fastbp.MLP([2, 8, 1], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss="binary_cross_entropy", optimizer=fastbp.Adam(0.05), batch_size=None, seed=0)
    trainer.fit(inputs, labels, epochs=500)
    assert trainer.evaluate(inputs, labels)["accuracy"] == 1
    assert_allclose(model.predict(inputs)[:, 0], labels, atol=0.05)


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop", "adam", "adamw"])
def test_learns_two_moons(optimizer):
    inputs, labels = make_moons(1200, noise=0.15, random_state=0)
    model = fastbp.MLP([2, 32, 32, 2], activation="relu", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=OPTIMIZERS[optimizer](), batch_size=32, seed=0)
    trainer.fit(inputs[:1000], labels[:1000], epochs=40)
    assert trainer.evaluate(inputs[1000:], labels[1000:])["accuracy"] > 0.97


def test_learns_a_function_by_the_textbook_net():
    inputs = np.linspace(0, 1, 200)[:, np.newaxis]
    wanted = 0.5 + 0.4 * np.sin(2 * np.pi * inputs)
    model = fastbp.MLP([1, 16, 1], activation="tanh", output_activation="sigmoid", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.Adam(0.02), batch_size=20, seed=0)
    trainer.fit(inputs, wanted, epochs=300)
    assert trainer.evaluate(inputs, wanted)["loss"] < 1e-3
