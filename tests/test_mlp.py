"""`MLP`: its parameters and its copies."""

import copy
import pickle
from itertools import pairwise

import numpy as np
import pytest
from models import X, assert_same, model_with_everything, trained

import fastbp

# Parameters


@pytest.mark.parametrize("sizes", [[3, 2], [1, 1], [784, 256, 10], (5, 17, 33, 1), np.array([4, 3, 2])])
def test_shapes_and_count(sizes):
    model = fastbp.MLP(sizes, seed=0)
    pairs = list(pairwise(sizes))
    assert model.layer_sizes == tuple(sizes) and all(type(size) is int for size in model.layer_sizes)
    assert [w.shape for w in model.weights] == pairs
    assert [b.shape for b in model.biases] == [(n_out,) for _, n_out in pairs]
    assert model.n_parameters == sum((n_in + 1) * n_out for n_in, n_out in pairs)
    assert all(array.dtype == np.float32 for array in model.weights + model.biases)


def test_weights_and_biases_are_the_models_own():
    model = fastbp.MLP([3, 2], seed=0)
    model.weights[0][:] = [[1, 0], [0, 2], [0, 0]]
    model.biases[0][:] = [10, 20]
    assert np.array_equal(model.predict([[1, 1, 1]]), [[11, 22]])


def test_training_shows_in_arrays_taken_before():
    model = fastbp.MLP([3, 2], seed=0)
    weights, before = model.weights[0], model.weights[0].copy()
    fastbp.Trainer(model, loss="cross_entropy").fit(X, np.arange(20) % 2, epochs=1)
    assert model.weights[0] is weights and not np.array_equal(weights, before)


def test_arrays_do_not_overlap():
    model = model_with_everything()
    arrays = model.weights + model.biases
    for number, array in enumerate(arrays):
        array[...] = number
    assert all((array == number).all() for number, array in enumerate(arrays))


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (fastbp.MLP([784, 256, 10], activation="relu"), "MLP(784-256-10, relu, output auto, float32, 203,530 parameters)"),
        (fastbp.MLP([3, 2], output_activation="softmax"), "MLP(3-2, output softmax, float32, 8 parameters)"),
        (fastbp.MLP([3, 2, 1], dtype="float64"), "MLP(3-2-1, sigmoid, output auto, float64, 11 parameters)"),
        (fastbp.MLP([3, 2, 2, 1], activation=["relu", "tanh"], output_activation="sigmoid"),
         "MLP(3-2-2-1, relu, tanh, output sigmoid, float32, 17 parameters)"),
        (fastbp.MLP([3, 2, 1], activation=fastbp.LeakyReLU(0.3)), "MLP(3-2-1, leaky_relu(0.3), output auto, float32, 11 parameters)"),
    ],
)  # fmt: skip
def test_repr(model, text):
    assert repr(model) == text


def test_repr_names_the_output_that_the_loss_chose():
    assert repr(trained()) == "MLP(3-4-2, tanh, output softmax (auto), float32, 26 parameters)"


@pytest.mark.parametrize("dtype", ["float32", "float64", np.float32, np.float64, np.dtype("f8"), float])
def test_dtype(dtype):
    model = fastbp.MLP([3, 4, 2], dtype=dtype, seed=0)
    expected = np.dtype(dtype)
    assert model.dtype == expected and all(array.dtype == expected for array in model.weights + model.biases)


# Copies


def pickled(protocol):
    return lambda model: pickle.loads(pickle.dumps(model, protocol))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, pickled(2), pickled(5)], ids=["deepcopy", "copy", "pickle2", "pickle5"])
def test_copies_are_whole_and_apart(duplicate):
    model = trained()
    other = duplicate(model)
    assert_same(other, model)
    other.weights[0][:] = 0
    other.biases[1][:] = 3
    assert model.weights[0].any() and model.biases[1][0] != 3
    predicted = other.predict(X)
    assert np.isfinite(predicted).all() and (predicted == predicted[0]).all()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled(5)], ids=["deepcopy", "pickle"])
def test_training_a_copy_is_training_the_model(duplicate):
    model = trained()
    other = duplicate(model)
    for each in (other, model):
        fastbp.Trainer(each, loss="cross_entropy", seed=1).fit(X, np.arange(20) % 2, epochs=2)
    assert_same(other, model)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled(5)], ids=["deepcopy", "pickle"])
def test_a_copied_trainer_goes_on_alike(duplicate):
    trainer = fastbp.Trainer(trained(), loss="cross_entropy", optimizer="adam", batch_size=4, seed=0)
    trainer.fit(X, np.arange(20) % 2, epochs=2)
    other = duplicate(trainer)
    for each in (trainer, other):
        each.fit(X, np.arange(20) % 2, epochs=2)
    assert other.model is not trainer.model and other.history.loss == trainer.history.loss
    assert_same(other.model, trainer.model)
