"""The arrays of a model by name: scales, shifts and averages beside weights and biases."""

import numpy as np
import pytest

import fastbp

SIZES = [3, 6, 5, 2]


def test_arrays_of_a_normalised_model_begin_as_they_should():
    model = fastbp.MLP(SIZES, normalization="batch", seed=0)
    assert [scale.tolist() for scale in model.scales] == [[1] * 6, [1] * 5] == [v.tolist() for v in model.running_variances]
    assert [shift.tolist() for shift in model.shifts] == [[0] * 6, [0] * 5] == [m.tolist() for m in model.running_means]
    plain = fastbp.MLP(SIZES, seed=0)
    assert plain.scales == plain.shifts == plain.running_means == plain.running_variances == ()
    assert all(map(np.array_equal, model.weights, plain.weights))


def test_names_are_those_of_files():
    names = [*fastbp.MLP(SIZES, normalization="layer").named_arrays()]
    assert names == [f"{kind}.{i}" for kind, n in (("weights", 3), ("biases", 3), ("scales", 2), ("shifts", 2)) for i in range(n)]
    model = fastbp.MLP(SIZES, normalization="batch")
    assert {*model.named_arrays()} - {*model.trained_arrays()} == {f"running_{kind}.{i}" for kind in ("means", "variances") for i in (0, 1)}


def test_assigning_copies_and_checks():
    model = fastbp.MLP(SIZES, normalization="batch", seed=0)
    before = model.predict(np.eye(3))
    model.scales = [np.full(6, 2.0), np.full(5, 3.0)]
    assert model.scales[1].tolist() == [3] * 5 and not np.array_equal(model.predict(np.eye(3)), before)
    for name, given, words in [
        ("scales", [np.ones(6)], "scales"),
        ("shifts", [np.ones(6), np.ones(4)], r"shifts\[1\]"),
        ("running_means", [np.ones(6), np.full(5, np.nan)], r"running_means\[1\]"),
        ("running_variances", [np.ones(6), -np.ones(5)], r"running_variances\[1\] holds -1.0; expected variances, which are not negative"),
    ]:
        with pytest.raises(ValueError, match=words):
            setattr(model, name, given)
    with pytest.raises(ValueError, match="scales"):
        fastbp.MLP(SIZES).scales = [np.ones(6)]


def test_get_and_set_weights_go_layer_by_layer():
    model = fastbp.MLP(SIZES, normalization="batch", seed=0)
    arrays = model.get_weights()
    assert [array.shape for array in arrays] == [(3, 6), *[(6,)] * 5, (6, 5), *[(5,)] * 5, (5, 2), (2,)]
    arrays[2][:] = 7
    model.set_weights(arrays)
    assert model.scales[0].tolist() == [7] * 6
    arrays[5][0] = -1
    with pytest.raises(ValueError, match=r"weights\[5\] holds -1.0; expected variances"):
        model.set_weights(arrays)
