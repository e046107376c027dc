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
    model = fastbp.MLP([3, 4, 2], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy")
    assert repr(model) == "MLP(3-4-2, tanh, output softmax (auto), float32, 26 parameters)"
    trainer.step(X, np.arange(20) % 2)
    assert repr(model) == "MLP(3-4-2, tanh, output softmax, float32, 26 parameters)"


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


# Weights from outside


def other_arrays(model):
    random = np.random.default_rng(5)
    return [random.normal(size=array.shape) for array in model.weights], [random.normal(size=array.shape) for array in model.biases]


def test_assigned_weights_are_those_that_predict_and_are_saved(tmp_path):
    model = trained()
    views, (weights, biases) = (*model.weights, *model.biases), other_arrays(model)
    model.weights, model.biases = weights, biases
    wanted = fastbp.MLP([3, 4, 2], activation="tanh", output_activation="softmax", init=(weights, biases)).predict(X)
    np.testing.assert_array_equal(model.predict(X), wanted)
    assert all(ours is view for ours, view in zip((*model.weights, *model.biases), views, strict=True))
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(fastbp.MLP.load(tmp_path / "model").predict(X), wanted)
    # They were copied.
    weights[0][:] = 0
    np.testing.assert_array_equal(model.predict(X), wanted)


def test_the_weights_of_the_best_epoch_can_be_put_back():
    model = trained()
    best = model.get_weights()
    assert [array.shape for array in best] == [(3, 4), (4,), (4, 2), (2,)]
    predicted = model.predict(X)
    fastbp.Trainer(model, loss="cross_entropy", seed=3).fit(X, np.arange(20) % 2, epochs=3)
    assert (model.predict(X) != predicted).any()
    model.set_weights(best)
    np.testing.assert_array_equal(model.predict(X), predicted)


REFUSED = {
    r"model.weights has 1 array; expected 2, of shapes \(3, 4\), \(4, 2\)": {"weights": [np.zeros((3, 4))]},
    r"model.weights\[1\] has shape \(2, 4\); expected \(4, 2\)": {"weights": [np.zeros((3, 4)), np.zeros((2, 4))]},
    r"model.weights\[1\]\[0, 0\] is nan; expected finite": {"weights": [np.zeros((3, 4)), np.full((4, 2), np.nan)]},
    r"model.biases\[1\]\[1\] is 1e\+39; expected finite": {"biases": [np.zeros(4), [0, 1e39]]},
    r"model.biases is 3; expected a list of 2 arrays of biases": {"biases": 3},
}


@pytest.mark.parametrize(("words", "given"), REFUSED.items())
def test_arrays_that_do_not_fit_are_refused_and_nothing_changes(words, given):
    model = trained()
    before = model.network.parameters.copy()
    for name, value in given.items():
        with pytest.raises((ValueError, TypeError), match=words):
            setattr(model, name, value)
    np.testing.assert_array_equal(model.network.parameters, before)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda arrays: arrays[::-1], r"weights\[0\] has shape \(2,\); expected \(3, 4\)"),
        (lambda arrays: [*arrays[:3], ["a", "b"]], r"weights\[3\] has dtype"),
        (lambda arrays: arrays[:3], "weights has 3 arrays; expected 4"),
    ],
)
def test_so_is_such_a_list_of_weights_and_biases(change, words):
    model = trained()
    before = model.network.parameters.copy()
    with pytest.raises((ValueError, TypeError), match=words):
        model.set_weights(change(model.get_weights()))
    np.testing.assert_array_equal(model.network.parameters, before)
