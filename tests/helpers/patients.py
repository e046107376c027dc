"""Runs with an illness each, and what is to be found; digits of scikit-learn."""

import functools
from itertools import pairwise

import numpy as np

import fastbp


@functools.cache
def digits():
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X / 16, y


def trainer_of(sizes=(64, 32, 10), *, loss="cross_entropy", optimizer="adam", batch_size=32, activation="relu", **settings):
    names = "class_weight", "average", "accumulate", "missing_targets", "threads"
    own = {name: settings.pop(name) for name in names if name in settings}
    model = fastbp.MLP(sizes, activation=activation, **({"seed": 0} | settings))
    return fastbp.Trainer(model, loss=loss, optimizer=optimizer, batch_size=batch_size, seed=0, **own)


def normal(sizes, scale):
    random = np.random.default_rng(0)
    shapes = list(pairwise(sizes))
    return [scale * random.normal(size=shape) for shape in shapes], [np.zeros(shape[1]) for shape in shapes]


def dead():
    trainer = trainer_of()
    trainer.model.biases[0][:20] = -50
    return trainer, *digits()


def saturated():
    return trainer_of(activation="tanh", init=normal((64, 32, 10), 20.0)), *digits()


def alike():
    return trainer_of(activation="tanh", init=normal((64, 32, 10), 0.0)), *digits()


def vanishing():
    return trainer_of((64, *[16] * 10, 10), activation="sigmoid"), *digits()


def exploding():
    sizes = (64, *[64] * 6, 10)
    return trainer_of(sizes, init=normal(sizes, 1.0)), *digits()


def too_large():
    return trainer_of(optimizer=fastbp.Adam(0.3)), *digits()


def too_large_later():
    trainer = trainer_of(activation="tanh")
    trainer.fit(*digits(), epochs=5)
    trainer.optimizer = fastbp.SGD(100.0)
    return trainer, *digits()


def too_small(optimizer):
    def make():
        trainer = trainer_of(optimizer=optimizer())
        trainer.fit(*digits(), epochs=2)
        return trainer, *digits()

    return make


def not_finite():
    trainer = trainer_of()
    trainer.model.weights[1][3, 3] = np.nan
    return trainer, *digits()


def diverged():
    X, y = digits()
    trainer = trainer_of((64, 32, 1), loss="squared_error", optimizer=fastbp.SGD(10.0))
    try:
        trainer.fit(X, y / 5, epochs=5)
    except fastbp.DivergenceError:
        return trainer, X, y / 5
    raise AssertionError("it was to diverge")


def bytes_as_inputs():
    X, y = digits()
    return trainer_of(), (X * 255).astype(np.uint8), y


def tiny_inputs():
    X, y = digits()
    return trainer_of(), X * 1e-4, y


def offset_inputs():
    X, y = digits()
    return trainer_of(), np.column_stack([X[:, 1:], 5 + 0.1 * X[:, 0:1] + 0.01 * X[:, 5:6]]), y


def regression(factor=1.0, offset=0.0, **settings):
    def make():
        X, y = digits()
        return trainer_of((64, 32, 1), loss="squared_error", **settings), X, factor * (y - y.mean()) / y.std() + offset

    return make


def unbalanced():
    X, y = digits()
    rows = np.flatnonzero((y != 3) | (np.arange(y.size) < 20))
    return trainer_of(), X[rows], y[rows]


def missing_class():
    X, y = digits()
    return trainer_of(), X[y != 3], y[y != 3]


def leaking(*, real=False):
    def make():
        trainer, X, y = regression()() if real else (trainer_of(), *digits())
        X = X.copy()
        X[:, 32] = y**3 if real else 0.1 * y + np.random.default_rng(0).uniform(0, 0.05, y.size)
        return trainer, X, y

    return make


def few_rows():
    return trainer_of(normalization="batch", batch_size=4), *digits()


def single_row():
    X, y = digits()
    return trainer_of(normalization="batch", batch_size=32), X[:1761], y[:1761]


ILL = {
    "dead": (dead, "dead units"),
    "saturated": (saturated, "saturated units"),
    "alike": (alike, "units all alike"),
    "vanishing": (vanishing, "vanishing gradients"),
    "exploding": (exploding, "exploding gradients"),
    "too_large": (too_large, "learning rate too large"),
    "too_large_later": (too_large_later, "learning rate too large"),
    "too_small_sgd": (too_small(lambda: fastbp.SGD(1e-7)), "learning rate too small"),
    "too_small_momentum": (too_small(lambda: fastbp.SGD(1e-6, momentum=0.9)), "learning rate too small"),
    "too_small_adam": (too_small(lambda: fastbp.Adam(1e-8)), "learning rate too small"),
    "not_finite": (not_finite, "weights not finite"),
    "diverged": (diverged, "diverged"),
    "bytes": (bytes_as_inputs, "unscaled inputs"),
    "tiny": (tiny_inputs, "unscaled inputs"),
    "offset": (offset_inputs, "unscaled inputs"),
    "targets": (regression(77.0, 152.0), "unscaled targets"),
    "tiny_targets": (regression(1e-4), "unscaled targets"),
    "offset_targets": (regression(0.01, 5.0), "unscaled targets"),
    "reach": (regression(output_activation="sigmoid"), "targets out of reach"),
    "unbalanced": (unbalanced, "labels out of balance"),
    "missing_class": (missing_class, "labels out of balance"),
    "leaking_labels": (leaking(), "column that tells the target"),
    "leaking_targets": (leaking(real=True), "column that tells the target"),
    "few_rows": (few_rows, "few rows for batch normalisation"),
    "single_row": (single_row, "few rows for batch normalisation"),
}
# What comes with these.
ALSO = {
    "bytes": {"exploding gradients"},
    "diverged": {"dead units", "exploding gradients"},
    "targets": {"exploding gradients"},
    "too_large_later": {"exploding gradients"},
}
