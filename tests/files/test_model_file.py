"""`MLP.save` and `MLP.load`: every bit comes back, and what is no model of fastbp is refused by name."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from models import ACTIVATIONS, X, assert_same, model_with_everything, trained
from safetensors import safe_open
from safetensors.numpy import save_file

import fastbp


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


def test_output_auto_stays_what_it_stood_for(tmp_path):
    for number, model in enumerate([fastbp.MLP([3, 4, 2], seed=0), trained("cross_entropy"), trained("binary_cross_entropy")]):
        model.save(tmp_path / str(number))
        loaded = fastbp.MLP.load(tmp_path / str(number))
        assert_same(loaded, model)
        assert loaded.output_is_auto == (number == 0)


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


def with_settings(path, **changes):
    """A file with other settings, of version 1, which has no checksum."""
    trained().save(path)
    with safe_open(path, framework="numpy") as file:
        settings = json.loads(file.metadata()["fastbp"]) | {"version": 1} | changes
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # safe_open is no mapping
    settings = {name: value for name, value in settings.items() if value is not ...}
    save_file(tensors, path, {"fastbp": json.dumps(settings)})
    return path


def test_names_of_features_are_read_where_there_are_any(tmp_path):
    assert fastbp.MLP.load(with_settings(tmp_path / "model", feature_names=...)).feature_names is None
    assert fastbp.MLP.load(with_settings(tmp_path / "model", feature_names=["a", "b", "c"])).feature_names == ("a", "b", "c")


@pytest.mark.parametrize("names", [3, "abc", [1, 2, 3], ["a", "b"], ["a", "b", "a"], {"a": 1, "b": 2, "c": 3}])
def test_names_of_features_that_do_not_fit_are_refused(tmp_path, names):
    refused(with_settings(tmp_path / "model", feature_names=names))


def test_a_newer_version_is_named(tmp_path):
    path = tmp_path / "model"
    save_file({"weights.0": np.zeros((3, 2), "f4")}, path, {"fastbp": json.dumps({"kind": "fastbp.MLP", "version": 4})})
    with pytest.raises(ValueError, match=r"version 4; this fastbp reads versions 1 to 3"):
        fastbp.MLP.load(path)


def test_a_model_that_diverged_can_still_be_saved_and_loaded(tmp_path):
    model = fastbp.MLP([3, 2], seed=0)
    model.weights[0][0, 0] = np.nan
    model.biases[0][1] = np.inf
    model.save(tmp_path / "model")
    loaded = fastbp.MLP.load(tmp_path / "model")
    assert loaded.network.parameters.tobytes() == model.network.parameters.tobytes()


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
