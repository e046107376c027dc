"""`MLP`: its parameters, where they come from, and how they are kept in files and copies."""

import copy
import json
import math
import os
import pickle
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import fastbp
from fastbp.initializers import INITIALIZERS

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "identity"]


def model_with_everything(dtype="float32"):
    hidden = [fastbp.LeakyReLU(0.3), "tanh", fastbp.LeakyReLU(0.0), "relu"]
    return fastbp.MLP([3, 5, 4, 6, 3, 2], activation=hidden, output_activation=fastbp.LeakyReLU(0.125), dtype=dtype, seed=7)


def trained(loss="cross_entropy"):
    model = fastbp.MLP([3, 4, 2], activation="tanh", seed=0)
    trainer = fastbp.Trainer(model, loss=loss, optimizer="adam", batch_size=4, seed=0)
    trainer.fit(X, np.eye(2)[np.arange(20) % 2], epochs=1)
    return model


def assert_same(a, b):
    assert repr(a) == repr(b)
    assert (a.layer_sizes, a.activations, a.output_is_auto, a.dtype, a.seed) == (
        b.layer_sizes,
        b.activations,
        b.output_is_auto,
        b.dtype,
        b.seed,
    )
    for ours, theirs in zip(a.weights + a.biases, b.weights + b.biases, strict=True):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()
    assert a.predict(X).tobytes() == b.predict(X).tobytes()


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
    assert predicted.dtype == np.float32 and predicted.shape == (20, 2)
    np.testing.assert_allclose(predicted, z(X @ w1 + b1) @ w2 + b2, rtol=1e-5, atol=1e-6)


# Initial weights


VARIANCES = {
    "glorot": lambda n_in, n_out: 2 / (n_in + n_out),
    "he": lambda n_in, n_out: 2 / n_in,
    "lecun": lambda n_in, n_out: 1 / n_in,
}


@pytest.mark.parametrize("name", [f"{scheme}_{shape}" for scheme in VARIANCES for shape in ("uniform", "normal")])
def test_distribution_of_initial_weights(name):
    scheme, shape = name.split("_")
    n_in, n_out = 300, 100
    model = fastbp.MLP([n_in, n_out], init=name, dtype="float64", seed=0)
    weights, variance = model.weights[0].reshape(-1), VARIANCES[scheme](n_in, n_out)
    assert abs(weights.mean()) < 5 * math.sqrt(variance / weights.size)
    assert weights.var() == pytest.approx(variance, rel=0.05)
    bound = math.sqrt(3 * variance)
    if shape == "uniform":
        assert 0.999 * bound < np.abs(weights).max() <= bound
    else:
        inside = [np.mean(np.abs(weights) < k * math.sqrt(variance)) for k in (1, 2, 3)]
        assert inside == pytest.approx([0.6827, 0.9545, 0.9973], abs=0.01)
    assert not model.biases[0].any()


def test_every_initialiser_is_tested():
    assert set(INITIALIZERS) == {"auto", "zeros"} | {f"{scheme}_{shape}" for scheme in VARIANCES for shape in ("uniform", "normal")}


def test_zeros():
    assert not fastbp.MLP([3, 4, 2], init="zeros").network.parameters.any()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_auto_follows_the_activation_of_each_layer(name):
    settings = {"activation": [name, "sigmoid"], "output_activation": "relu", "seed": 3}
    auto = fastbp.MLP([50, 40, 30, 20], **settings)
    chosen = "he_uniform" if name in ("relu", "leaky_relu") else "glorot_uniform"
    for layer, init in enumerate([chosen, "glorot_uniform", "he_uniform"]):
        assert np.array_equal(auto.weights[layer], fastbp.MLP([50, 40, 30, 20], init=init, **settings).weights[layer])


def test_layers_and_seeds_differ():
    models = [fastbp.MLP([30, 30, 30], seed=seed) for seed in (0, 0, 1, 2**64 - 1, None, None)]
    assert models[0].network.parameters.tobytes() == models[1].network.parameters.tobytes()
    draws = {w.tobytes() for model in models[1:] for w in model.weights}
    assert len(draws) == 10


def test_a_seed_names_the_same_weights_in_both_types():
    narrow, wide = (fastbp.MLP([5, 4, 2], dtype=dtype, seed=3) for dtype in ("float32", "float64"))
    assert all(np.array_equal(a, b.astype("f4")) for a, b in zip(narrow.weights, wide.weights, strict=True))


def test_a_drawn_seed_is_kept():
    model = fastbp.MLP([5, 4, 2])
    assert fastbp.MLP([5, 4, 2], seed=model.seed).network.parameters.tobytes() == model.network.parameters.tobytes()


def test_numpys_global_generator_is_neither_used_nor_moved():
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    model = fastbp.MLP([5, 4, 2], seed=0)
    fastbp.Trainer(model, loss="cross_entropy", seed=0)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_given_arrays():
    source = model_with_everything()
    given = [w.tolist() for w in source.weights], list(source.biases)
    model = fastbp.MLP(source.layer_sizes, init=given)
    assert all(np.array_equal(a, b) for a, b in zip(model.weights + model.biases, source.weights + source.biases, strict=True))


# Files


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_save_and_load_keep_every_bit(tmp_path, dtype):
    model = model_with_everything(dtype)
    model.biases[0][:] = [0.1, -0.0, 1e-30, 5e-324 if dtype == "float64" else 1e-45, 3e38]
    model.biases[0][4] = 1
    model.save(tmp_path / "model.safetensors")
    assert_same(fastbp.MLP.load(tmp_path / "model.safetensors"), model)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "softmax"])
def test_save_and_load_every_output(tmp_path, name):
    model = fastbp.MLP([3, 2], output_activation=name, seed=0)
    model.save(str(tmp_path / "model"))
    assert_same(fastbp.MLP.load(str(tmp_path / "model")), model)


def test_output_auto_stays_auto(tmp_path):
    for number, model in enumerate([fastbp.MLP([3, 4, 2], seed=0), trained("cross_entropy"), trained("binary_cross_entropy")]):
        model.save(tmp_path / str(number))
        loaded = fastbp.MLP.load(tmp_path / str(number))
        assert_same(loaded, model)
        fastbp.Trainer(loaded, loss="squared_error")
        assert loaded.output_activation == fastbp.Identity()


def test_training_a_loaded_model_is_training_the_model(tmp_path):
    model = trained()
    model.save(tmp_path / "model")
    loaded = fastbp.MLP.load(tmp_path / "model")
    for each in (model, loaded):
        fastbp.Trainer(each, loss="cross_entropy", seed=1).fit(X, np.arange(20) % 2, epochs=2)
    assert_same(loaded, model)


def test_other_programs_can_read_the_file(tmp_path):
    model = model_with_everything()
    model.save(tmp_path / "model")
    with safe_open(tmp_path / "model", framework="numpy") as file:
        names = {f"{kind}.{layer}" for kind in ("weights", "biases") for layer in range(5)}
        assert set(file.keys()) == names
        assert np.array_equal(file.get_tensor("weights.1"), model.weights[1])
        assert json.loads(file.metadata()["fastbp"])["layer_sizes"] == [3, 5, 4, 6, 3, 2]


def test_a_file_may_be_replaced(tmp_path):
    path = tmp_path / "model"
    fastbp.MLP([3, 2], seed=0).save(path)
    fastbp.MLP([3, 2], seed=1).save(path)
    assert_same(fastbp.MLP.load(path), fastbp.MLP([3, 2], seed=1))
    assert os.listdir(tmp_path) == ["model"]


def refused(path, error=ValueError):
    with pytest.raises(error) as raised:
        fastbp.MLP.load(path)
    assert str(path) in str(raised.value)


def test_load_of_a_missing_file(tmp_path):
    refused(tmp_path / "missing.safetensors", FileNotFoundError)


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 9, 100, 0.5, 0.9, -1])
def test_load_of_a_truncated_file(tmp_path, kept):
    path = tmp_path / "model"
    trained().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept) if isinstance(kept, float) else kept])
    refused(path)


@pytest.mark.parametrize("content", [b"garbage", b"\0" * 1000, b"\xff" * 1000, b"PK\x03\x04" * 50, pickle.dumps([1]) * 9], ids=range(5))
def test_load_of_garbage(tmp_path, content):
    (tmp_path / "model").write_bytes(content)
    refused(tmp_path / "model")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"fastbp": "{}"}, {"fastbp": "no json"}, {"fastbp": "[]"}, {"fastbp": "3"}])
def test_load_of_a_foreign_safetensors_file(tmp_path, metadata):
    save_file({"weights.0": np.zeros((3, 2), "f4"), "biases.0": np.zeros(2, "f4")}, tmp_path / "model", metadata)
    refused(tmp_path / "model")


def test_load_of_a_directory(tmp_path):
    with pytest.raises((ValueError, OSError)):
        fastbp.MLP.load(tmp_path)


DAMAGES = {
    "newer_version": lambda settings, tensors: settings.update(version=99),
    "version_text": lambda settings, tensors: settings.update(version="one"),
    "other_kind": lambda settings, tensors: settings.update(kind="fastbp.Forest"),
    "no_sizes": lambda settings, tensors: settings.pop("layer_sizes"),
    "sizes_number": lambda settings, tensors: settings.update(layer_sizes=3),
    "sizes_negative": lambda settings, tensors: settings.update(layer_sizes=[3, -4, 2]),
    "sizes_short": lambda settings, tensors: settings.update(layer_sizes=[3]),
    "sizes_other": lambda settings, tensors: settings.update(layer_sizes=[3, 5, 2]),
    "no_activation": lambda settings, tensors: settings.pop("activation"),
    "activation_unknown": lambda settings, tensors: settings.update(activation=[{"name": "swish"}]),
    "activation_settings": lambda settings, tensors: settings.update(activation=[{"name": "relu", "power": 2}]),
    "activation_count": lambda settings, tensors: settings.update(activation=[]),
    "dtype": lambda settings, tensors: settings.update(dtype="bfloat16"),
    "seed": lambda settings, tensors: settings.update(seed=-1),
    "no_tensor": lambda settings, tensors: tensors.pop("weights.1"),
    "tensor_shape": lambda settings, tensors: tensors.update({"weights.1": np.zeros((2, 4), "f4")}),
    "tensor_other_name": lambda settings, tensors: tensors.update({"weights.2": tensors.pop("weights.0")}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_load_of_a_file_whose_contents_do_not_fit(tmp_path, damage):
    path = tmp_path / "model"
    trained().save(path)
    with safe_open(path, framework="numpy") as file:
        settings = json.loads(file.metadata()["fastbp"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # safe_open is no mapping
    DAMAGES[damage](settings, tensors)
    save_file(tensors, path, {"fastbp": json.dumps(settings)})
    refused(path)


def test_a_newer_version_is_named(tmp_path):
    path = tmp_path / "model"
    save_file({"weights.0": np.zeros((3, 2), "f4")}, path, {"fastbp": json.dumps({"kind": "fastbp.MLP", "version": 3})})
    with pytest.raises(ValueError, match=r"version 3; this fastbp reads versions 1 to 2"):
        fastbp.MLP.load(path)


def test_a_model_that_diverged_can_still_be_saved_and_loaded(tmp_path):
    model = fastbp.MLP([3, 2], seed=0)
    model.weights[0][0, 0] = np.nan
    model.biases[0][1] = np.inf
    model.save(tmp_path / "model")
    loaded = fastbp.MLP.load(tmp_path / "model")
    assert loaded.network.parameters.tobytes() == model.network.parameters.tobytes()


@pytest.mark.parametrize("function", ["replace", "fsync"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["disk_full", "ctrl_c"])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, function, error):
    def fail(*arguments):
        raise error

    path, old = tmp_path / "model", fastbp.MLP([3, 2], seed=0)
    old.save(path)
    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)):
        fastbp.MLP([30, 20], seed=1).save(path)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["model"]
    assert_same(fastbp.MLP.load(path), old)


def test_save_into_a_missing_directory(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        fastbp.MLP([3, 2]).save(tmp_path / "missing" / "model")
    assert os.listdir(tmp_path) == []


def test_a_model_file_holds_no_pickle(tmp_path):
    model_with_everything().save(tmp_path / "model")
    code = (
        "import pickle, sys\n"
        "def refuse(*arguments, **settings): raise AssertionError('pickle was used')\n"
        "import fastbp\n"
        "pickle.load = pickle.loads = pickle.Unpickler = refuse\n"
        "print(fastbp.MLP.load(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "model")], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("MLP(3-5-4-6-3-2")
    assert b"\x80\x04" not in (tmp_path / "model").read_bytes()[:2]


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
