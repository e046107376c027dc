"""Predictions and scores of a whole set."""

import numpy as np
import pytest
from models import ACTIVATIONS
from numpy.testing import assert_allclose
from small_task import LABELS, TARGETS, N, X, bits, make

import fastbp


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_predict_is_the_formula(name):
    z = {
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0),
        "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
        "identity": lambda z: z,
    }[name]
    model = fastbp.MLP([3, 7, 2], activation=name, seed=0)
    (w1, w2), (b1, b2) = model.weights, model.biases
    b1[:], b2[:] = np.linspace(-1, 1, 7), [0.5, -0.5]
    predicted = model.predict(X)
    assert predicted.dtype == np.float32 and predicted.shape == (N, 2)
    np.testing.assert_allclose(predicted, z(X @ w1 + b1) @ w2 + b2, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 50, 600])
def test_evaluate_agrees_with_predict(rows):
    inputs = np.resize(X, (rows, 3)) * np.linspace(0.1, 1, rows, dtype=np.float32)[:, np.newaxis]
    labels = (inputs[:, 0] > 0.05).astype(int)
    trainer = make()
    trainer.fit(X, LABELS, epochs=5)
    scores, p = trainer.evaluate(inputs, labels), trainer.model.predict(inputs).astype(np.float64)
    assert set(scores) == {"loss", "accuracy"} and all(type(score) is float for score in scores.values())
    assert_allclose(scores["loss"], -np.log(p[np.arange(rows), labels]).mean(), rtol=1e-5)
    assert_allclose(scores["accuracy"], (p.argmax(axis=1) == labels).mean(), rtol=1e-6)


def test_evaluate_agrees_with_predict_for_squared_error():
    trainer = make(loss="squared_error")
    trainer.fit(X, TARGETS, epochs=3)
    scores = trainer.evaluate(X, TARGETS)
    assert scores.keys() == {"loss"}
    assert_allclose(scores["loss"], ((trainer.model.predict(X).astype(float) - TARGETS) ** 2).mean(), rtol=1e-5)


def test_evaluate_agrees_with_predict_for_binary_cross_entropy():
    trainer = make(loss="binary_cross_entropy")
    bits_wanted = (TARGETS > 0).astype(float)
    trainer.fit(X, bits_wanted, epochs=5)
    scores, p = trainer.evaluate(X, bits_wanted), trainer.model.predict(X).astype(float)
    assert_allclose(scores["loss"], -np.log(np.where(bits_wanted == 1, p, 1 - p)).mean(), rtol=1e-5)
    assert_allclose(scores["accuracy"], ((p > 0.5) == bits_wanted).mean(), rtol=1e-6)


def test_evaluate_predict_and_gradients_agree_on_the_loss():
    trainer = make(dtype="float64")
    trainer.fit(X, LABELS, epochs=1)
    weights = np.linspace(0, 2, N)
    assert_allclose(trainer.evaluate(X, LABELS)["loss"], trainer.loss_and_gradients(X, LABELS)[0], rtol=1e-13)
    weighted = trainer.evaluate(X, LABELS, weights)["loss"], trainer.loss_and_gradients(X, LABELS, weights)[0]
    assert_allclose(*weighted, rtol=1e-13)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("loss", "output", "between"),
    [
        ("cross_entropy", "auto", ""),
        ("squared_error", "auto", ""),
        ("squared_error", "sigmoid", ""),
        ("binary_cross_entropy", "auto", "batch"),
        ("huber", "softmax", ""),
        ("poisson", "auto", ""),
        (fastbp.Quantile([0.5]), "auto", ""),
        (fastbp.CustomLoss(lambda p, t: (p - t) ** 2, lambda p, t: 2 * (p - t)), "tanh", ""),
    ],
    ids=str,
)
def test_one_pass_gives_the_scores_and_the_predictions_to_the_bit(loss, output, between, threads):
    inputs, targets = np.resize(X, (700, 3)), np.resize(np.abs(TARGETS) > 0.5, (700, 2)).astype(float)
    model = fastbp.MLP([3, 6, 2], activation="tanh", output_activation=output, normalization=between or None, seed=0)
    run = fastbp.Trainer(model, loss=loss, threads=threads, seed=0).run
    rows = run.check(inputs, targets if loss != "cross_entropy" else targets[:, 0], np.linspace(0, 2, 700))
    outputs = np.full((700, 2), np.nan, np.float32)
    assert run.scores(rows, outputs) == run.scores(rows)
    np.testing.assert_array_equal(outputs, model.predict(inputs))


def test_evaluate_and_predict_change_nothing():
    trainer = make()
    trainer.fit(X, LABELS, epochs=1)
    before = bits(trainer)
    trainer.evaluate(X, LABELS)
    trainer.model.predict(X)
    assert bits(trainer) == before
