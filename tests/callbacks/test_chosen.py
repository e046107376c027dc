"""Layers and weights of a recording, as users name them."""

import numpy as np
import pytest

import fastbp
from fastbp.callbacks.chosen import check_layers, check_weights, chosen_layers, chosen_weights, flat_places

MODEL = fastbp.MLP([3, 4, 2], seed=0)
NORMALISED = fastbp.MLP([3, 4, 2], normalization="batch", seed=0)


def test_layers():
    assert check_layers(None) is None and chosen_layers(None, MODEL) == [0, 1]
    assert chosen_layers(check_layers([-1, 1]), MODEL) == [1] and chosen_layers((), MODEL) == []
    for layer in (2, -3):
        with pytest.raises(ValueError, match="the model has 2 layers"):
            chosen_layers([layer], MODEL)


def test_weights_by_layer():
    given = check_weights({-1: [(3, 0), (None, 1)]})
    assert chosen_weights(given, [0, 1], MODEL, 0) == {"1": [[3, -1], [0, 1]]}


def test_scales_and_shifts():
    given = check_weights({0: [("scale", 3), ("shift", 0), (None, 1), (2, 1)]})
    assert chosen_weights(given, [0, 1], NORMALISED, 0) == {"0": [[-2, -3, -1, 2], [3, 0, 1, 1]]}
    with pytest.raises(ValueError, match=r"weights\[0\] has \('scale', 3\); layer 0 is not normalised"):
        chosen_weights(given, [0, 1], MODEL, 0)
    with pytest.raises(ValueError, match="layer 1 is not normalised"):
        chosen_weights(check_weights({1: [("shift", 0)]}), [0, 1], NORMALISED, 0)
    with pytest.raises(ValueError, match=r"weights\[0\] has \('shift', 4\); the weights of layer 0 are 3 x 4"):
        chosen_weights(check_weights({0: [("shift", 4)]}), [0, 1], NORMALISED, 0)
    with pytest.raises(ValueError, match=r"weights\[0\] has \('gain', 1\); expected .*'scale'"):
        check_weights({0: [("gain", 1)]})


def test_all_weights():
    assert chosen_weights("all", [0, 1], MODEL, 0) == {"0": "all", "1": "all"}
    assert chosen_weights("all", [0, 1], NORMALISED, 0) == {"0": "all", "1": "all"}


def test_so_many():
    (rows, columns), other = (chosen_weights(5, [0], MODEL, seed)["0"] for seed in (0, 1))
    assert len({*zip(rows, columns, strict=True)}) == 5 and max(rows) < 3 and max(columns) < 4 and other != [rows, columns]
    assert len(chosen_weights(100, [0], MODEL, 0)["0"][0]) == 12 and chosen_weights(0, [0], MODEL, 0) == {}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("normalization", ["layer", "batch"])
def test_where_they_lie(normalization, dtype):
    model = fastbp.MLP([3, 5, 2], normalization=normalization, dtype=dtype, seed=0)
    flat = model.network.parameters
    flat[...] = np.arange(flat.size)
    rows, columns = np.array([2, -1, -3, -2, 0]), np.array([4, 3, 1, 2, 0])
    found = flat[flat_places({1: (np.array([4, -1]), np.array([1, 0])), 0: (rows, columns)}, model)]
    weights, biases, scales, shifts = (arrays for arrays in (model.weights, model.biases, model.scales, model.shifts))
    wanted = [weights[1][4, 1], biases[1][0], weights[0][2, 4], biases[0][3], shifts[0][1], scales[0][2], weights[0][0, 0]]
    assert found.tolist() == wanted and flat_places({}, model).size == 0
