"""What a model is told to do between its layers: arguments, files, copies."""

import pickle

import numpy as np
import pytest

import fastbp
from fastbp.between import PLAIN
from fastbp.files import model_file

SIZES = [3, 6, 5, 2]
ALL = {"normalization": "batch", "dropout": (0.1, 0.2), "input_dropout": 0.3, "input_noise": 0.4}


def half(step):
    return 0.5 / step


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"normalization": "group"}, ValueError, "normalization='group'.*batch, layer"),
        ({"normalization": "BatchNormalization"}, ValueError, "'batch'"),
        ({"normalization": 3}, TypeError, "normalization is 3 of type int; expected a name or an object such as BatchNorm"),
        ({"normalization": fastbp.BatchNorm}, TypeError, "normalization is <class"),
        ({"dropout": 1.0}, ValueError, r"dropout is 1.0; expected a number in \[0, 1\)"),
        ({"dropout": -0.1}, ValueError, "dropout is -0.1"),
        ({"dropout": "0.1"}, TypeError, "dropout is '0.1' of type str; expected a number"),
        ({"dropout": [0.1]}, ValueError, "dropout lists 1; expected a number for each of the 2 hidden layers"),
        ({"dropout": [0.1, 2]}, ValueError, r"dropout\[1\] is 2.0"),
        ({"input_dropout": 1}, ValueError, "input_dropout is 1.0"),
        ({"input_noise": -1}, ValueError, "input_noise is -1.0"),
        ({"input_noise": np.inf}, ValueError, "input_noise is inf"),
    ],
)
def test_arguments_that_are_none_are_refused(given, error, words):
    with pytest.raises(error, match=words):
        fastbp.MLP(SIZES, **given)


@pytest.mark.parametrize("given", [{"normalization": "layer"}, {"dropout": 0.5}])
def test_a_model_without_hidden_layers_has_nothing_to_normalise_or_to_drop(given):
    with pytest.raises(ValueError, match="expected none: it is of hidden layers"):
        fastbp.MLP([3, 2], **given)
    fastbp.MLP([3, 2], input_dropout=0.5, input_noise=0.1)


@pytest.mark.parametrize("given", [{}, {"dropout": 0}, {"dropout": [0, 0.0]}, {"input_noise": 0, "input_dropout": 0}])
def test_nothing_is_nothing(given):
    assert fastbp.MLP(SIZES, **given).between is PLAIN


@pytest.mark.parametrize("given", [ALL, {"normalization": fastbp.LayerNorm(1e-3)}, {"dropout": fastbp.Cosine(0.3)}, {"dropout": half}])
def test_a_file_and_a_copy_hold_it(given, tmp_path):
    model = fastbp.MLP(SIZES, seed=0, activation="gelu", **given)
    fastbp.Trainer(model, loss="squared_error", seed=0).fit(np.eye(3), np.ones((3, 2)), epochs=2)
    model.save(tmp_path / "model")
    for other in (fastbp.MLP.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        assert other.between == model.between and repr(other) == repr(model)
        assert [array.tolist() for array in other.get_weights()] == [array.tolist() for array in model.get_weights()]
        assert np.array_equal(other.predict(np.eye(3)), model.predict(np.eye(3)))


def test_a_function_that_no_other_process_finds_is_refused_by_a_file(tmp_path):
    model = fastbp.MLP(SIZES, dropout=lambda step: 0.1)
    with pytest.raises(ValueError, match="dropout is the function"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_what_a_model_does_is_told():
    assert "normalization batch(0.1, 1e-05), dropout (0.1, 0.2), input_dropout 0.3, input_noise 0.4" in repr(fastbp.MLP(SIZES, **ALL))
    assert repr(fastbp.MLP(SIZES)) == "MLP(3-6-5-2, sigmoid, output auto, float32, 71 parameters)"
    assert fastbp.MLP(SIZES, **ALL).n_parameters == 71 + 2 * 11


def test_a_schedule_of_dropout_is_followed_step_by_step():
    seen = []

    def rate(step):
        seen.append(step)
        return 0.5 if step % 2 else 0.0

    data = np.random.default_rng(0).normal(size=(20, 3)), np.ones((20, 2))
    model, plain = (fastbp.MLP(SIZES, seed=0, dtype="float64", dropout=dropout) for dropout in (rate, 0.0))
    trainer = fastbp.Trainer(model, loss="squared_error", batch_size=None, seed=0)
    fixed = fastbp.Trainer(plain, loss="squared_error", batch_size=None, seed=0)
    trainer.step(*data)
    for own, other in zip(plain.named_arrays().values(), model.named_arrays().values(), strict=True):
        own[...] = other
    # The second step drops nothing, the third does.
    assert trainer.step(*data) == fixed.step(*data)
    assert trainer.step(*data) != fixed.step(*data)
    assert set(seen) >= {1, 2, 3}
    with pytest.raises(ValueError, match=r"dropout is 2.0 at step 1; expected numbers in \[0, 1\)"):
        fastbp.Trainer(fastbp.MLP(SIZES, dropout=lambda step: 2.0), loss="squared_error").step(*data)


@pytest.mark.parametrize(("given", "version"), [({}, 2), ({"dropout": 0.1}, 3), ({"normalization": "layer"}, 3)])
def test_a_reader_of_earlier_versions_does_not_leave_it_out(given, version):
    assert model_file.describe(fastbp.MLP(SIZES, **given))["version"] == version
