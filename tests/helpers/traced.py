"""Nets whose traces are shown: exclusive or, by hand, and one that is too wide to be drawn whole."""

import numpy as np

import fastbp

X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([0, 1, 1, 0.0])
WEIGHTS, BIASES = [[[0.5, 0.9], [0.4, 1.0]], [[-1.2], [1.1]]], [[-0.8, 0.1], [-0.3]]


def textbook(weights=WEIGHTS, rate=2.0):
    """A trainer of the 2-2-1 net of sigmoids on the four rows of exclusive or, all at once."""
    model = fastbp.MLP([2, 2, 1], activation="sigmoid", output_activation="sigmoid", init=(weights, BIASES), dtype="float64")
    return fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(rate), batch_size=None)


def wide(rows=16, hidden=40, **settings):
    """The trace of a net whose layers are not drawn whole."""
    random = np.random.default_rng(0)
    model = fastbp.MLP([36, hidden, 10], activation="tanh", seed=0, **settings)
    trainer = fastbp.Trainer(model, loss="cross_entropy", optimizer=fastbp.SGD(0.5), seed=0)
    return trainer.trace(random.random((rows, 36)).astype(np.float32), random.integers(0, 10, rows))
