"""Which layers and which of their weights a recording is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from fastbp import layout
from fastbp._names import integer
from fastbp._random import SAMPLE, generator
from fastbp._typing import NDArray
from fastbp.files.recording_file import ALL, BIAS, ROWS, SCALE, SHIFT, Places
from fastbp.mlp import MLP

_EXPECTED = "expected a number of each layer, 'all', or a dict such as {0: [(3, 5), (None, 5), ('scale', 5)]} by layers"
#: Kinds of parameters of a layer; of one that has a number of its own in place of a row, the kind is at minus that number.
KINDS = "weights", "biases", "scales", "shifts"
#: A weight by its row and column, or by None, "scale" or "shift" and its unit.
_Pair: TypeAlias = tuple[int | str | None, int]


def check_layers(layers: object) -> tuple[int, ...] | None:
    """`layers` as integers; None stands for all."""
    if layers is None:
        return None
    if isinstance(layers, (str, Mapping)) or not isinstance(layers, Sequence):
        raise TypeError(f"layers is {layers!r}; expected a list of layers' numbers, such as [0, 1] or [-1]")
    return tuple(integer(layer, f"layers[{i}]", least=-(2**31)) for i, layer in enumerate(layers))


def check_weights(weights: object) -> int | str | dict[int, list[_Pair]]:
    """`weights` as a number, "all", or lists by layer."""
    if weights == ALL and isinstance(weights, str):
        return ALL
    if isinstance(weights, Mapping):
        return {
            integer(layer, "a layer of weights", least=-(2**31)): [_pair(pair, layer) for pair in pairs] for layer, pairs in weights.items()
        }
    if isinstance(weights, str) or not hasattr(weights, "__index__"):
        raise TypeError(f"weights is {weights!r}; {_EXPECTED}")
    return integer(weights, "weights", least=0)


def _pair(given: Any, layer: object) -> _Pair:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 2:
        raise TypeError(f"weights[{layer}] has {given!r}; {_EXPECTED}")
    row, column = given
    if isinstance(row, str) and row not in ROWS:
        raise ValueError(f"weights[{layer}] has {given!r}; {_EXPECTED}")
    is_named = row is None or isinstance(row, str)
    row = row if is_named else integer(row, f"a row of weights[{layer}]", least=0)
    return row, integer(column, f"a column of weights[{layer}]", least=0)


def chosen_layers(layers: Sequence[int] | None, model: MLP) -> list[int]:
    """The numbers of some layers of a model; ValueError for one that it has not."""
    count = len(model.weights)
    for layer in layers or ():
        if not -count <= layer < count:
            raise ValueError(f"layers has {layer}; the model has {count} layers of weights")
    return list(range(count)) if layers is None else sorted({layer % count for layer in layers})


def chosen_weights(weights: Any, layers: Sequence[int], model: MLP, seed: int) -> dict[str, Any]:
    """The weights of each layer as files name them; ValueError for one that the model has not."""
    if isinstance(weights, dict):
        count = len(model.weights)
        return {str(layer % count): _listed(layer % count, pairs, layers, model) for layer, pairs in weights.items()}
    return {str(layer): _drawn(weights, layer, model, seed) for layer in layers if weights}


def _drawn(weights: int | str, layer: int, model: MLP, seed: int) -> Any:
    """All of a layer, or so many of its weights, of each part of them alike."""
    shape = model.weights[layer].shape
    if weights == ALL or isinstance(weights, str):
        return ALL
    size = shape[0] * shape[1]
    some = np.sort(generator(seed, SAMPLE, 1 + layer).choice(size, min(weights, size), replace=False))
    return [(some // shape[1]).tolist(), (some % shape[1]).tolist()]


def _listed(layer: int, pairs: Sequence[_Pair], layers: Sequence[int], model: MLP) -> list[list[int]]:
    if layer not in layers:
        raise ValueError(f"weights has layer {layer}, which layers={list(layers)} leaves out")
    n_in, n_out = model.weights[layer].shape
    for row, column in pairs:
        if (isinstance(row, int) and row >= n_in) or column >= n_out:
            raise ValueError(f"weights[{layer}] has ({row!r}, {column}); the weights of layer {layer} are {n_in} x {n_out}")
        if isinstance(row, str) and layer >= len(model.scales):
            raise ValueError(f"weights[{layer}] has ({row!r}, {column}); layer {layer} is not normalised")
    return [[row if isinstance(row, int) else ROWS[row] for row, _ in pairs], [column for _, column in pairs]]


def flat_places(places: Places, model: MLP) -> NDArray[np.int64]:
    """Where the weights of `places`, layer after layer, lie in the flat vector of a model's parameters, and of an optimizer's slots."""
    found = [np.empty(0, np.int64)]
    for layer, (rows, columns) in places.items():
        begins = layout.begins(model.network.table, layer, model.dtype)
        flat = begins["weights"] + rows * model.layer_sizes[layer + 1] + columns
        for row in (BIAS, SCALE, SHIFT):
            own = rows == row
            if np.any(own):
                flat[own] = begins[KINDS[-row]] + columns[own]
        found.append(flat)
    return np.concatenate(found)
