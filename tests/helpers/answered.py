"""Targets and outputs of each kind of task, as metrics get them, and the models and losses that they are of."""

import numpy as np

import fastbp
from fastbp.metrics import Answers
from fastbp.metrics.answers import CLASSES, NUMBERS, QUANTILES, QUESTIONS

LEVELS = (0.05, 0.5, 0.9)
LOSSES = {
    CLASSES: fastbp.CrossEntropy(),
    QUESTIONS: fastbp.BinaryCrossEntropy(),
    NUMBERS: fastbp.SquaredError(),
    QUANTILES: fastbp.Quantile(LEVELS),
}


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def numbers(kind, rows, columns, seed, weighted):
    """Targets, outputs and weights of some rows."""
    random = np.random.default_rng(seed)
    z = random.normal(size=(rows, columns))
    weights = random.uniform(0.2, 3, rows) if weighted else None
    if kind == CLASSES:
        return random.integers(0, columns, (rows, 1)), softmax(z), weights
    if kind == QUESTIONS:
        return random.integers(0, 2, (rows, columns)), sigmoid(z), weights
    if kind == QUANTILES:
        return random.normal(size=(rows, columns)), np.sort(random.normal(size=(rows, columns, 3)), axis=2).reshape(rows, -1), weights
    return random.normal(size=(rows, columns)), z, weights


def answers(kind, targets, outputs, weights=None, loss=None, output=None, labels=None):
    """What metrics get."""
    loss = loss or LOSSES[kind]
    return Answers(loss, output or loss.default_output(), labels, np.asarray(targets), np.asarray(outputs), weights)
