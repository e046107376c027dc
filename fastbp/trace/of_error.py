"""What carries a part of the error: weights, and by layers, units and input features how much a step takes from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp._textbook import Array
from fastbp._typing import NDArray
from fastbp.trace.contributions import BIAS, Contributions, Whole, largest, ranked, selected
from fastbp.trace.numbers import Numbers
from fastbp.trace.selection import Part, index


def weights_of(trace: Numbers, part: Part, layer: Any, top: int | None) -> Contributions:
    """As `Trace.weights_of`."""
    layers = range(len(trace.weights)) if layer is None else [index(layer, len(trace.weights), "layer")]
    of_weights, of_biases = part.weight_gradients(), part.bias_gradients()
    found, whole = list[tuple[NDArray[np.int64], Array]](), Whole(0.0, 0.0, 0)
    for number in layers:
        # A row more for the biases.
        values = np.concatenate([of_weights[number], of_biases[number][np.newaxis]]).reshape(-1)
        chosen = largest(values, top)
        places = np.stack([np.full(chosen.size, number), *np.divmod(chosen, trace.weights[number].shape[1])])
        places[1, places[1] == len(trace.weights[number])] = BIAS
        found.append((places, values[chosen]))
        whole = Whole(whole.total + float(values.sum()), whole.size + float(np.abs(values).sum()), whole.count + values.size)
    places, values = (np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))
    chosen = largest(values, top)
    columns = dict(zip(("layer", "input", "unit"), places[:, chosen], strict=True))
    return selected(f"weights that carry {part.told}", columns, values[chosen], whole)


def layers(trace: Numbers, part: Part) -> Contributions:
    """As `Trace.layers`."""
    values = np.array([float(fall.sum()) for fall in _falls_by_unit(trace, part)])
    return ranked(f"layers by what their step takes from {part.told}", {"layer": np.arange(values.size)}, values, None)


def units(trace: Numbers, part: Part, layer: Any, top: int | None) -> Contributions:
    """As `Trace.units`."""
    falls = list(_falls_by_unit(trace, part))
    wanted = range(len(falls)) if layer is None else [index(layer, len(falls), "layer")]
    columns = {
        "layer": np.concatenate([np.full(falls[number].size, number) for number in wanted]),
        "unit": np.concatenate([np.arange(falls[number].size) for number in wanted]),
        "activation": np.concatenate([part.done.outputs[number + 1].mean(axis=0) for number in wanted]),
        "delta": np.concatenate([part.back.deltas[number].sum(axis=0) for number in wanted]),
    }
    title = f"units by what the step of their weights takes from {part.told}"
    return ranked(title, columns, np.concatenate([falls[number] for number in wanted]), top)


def features(trace: Numbers, part: Part, top: int | None) -> Contributions:
    """As `Trace.features`."""
    names = np.arange(trace.layer_sizes[0]) if trace.feature_names is None else np.array(trace.feature_names, object)
    values = (trace.weight_gradients[0] * part.weight_gradients()[0]).sum(axis=1)
    title = f"input features by what the step of their weights takes from {part.told}"
    return ranked(title, {"feature": names}, values, top)


def _falls_by_unit(trace: Numbers, part: Part) -> Iterator[Array]:
    """Of each layer and unit the products of its gradients and those of the part of the error, summed over what leads to it."""
    of_weights, of_biases = part.weight_gradients(), part.bias_gradients()
    for layer, (whole, own) in enumerate(zip(trace.weight_gradients, of_weights, strict=True)):
        fall = (whole * own).sum(axis=0) + trace.bias_gradients[layer] * of_biases[layer]
        if layer < len(trace.scale_gradients):
            fall = fall + trace.scale_gradients[layer] * part.back.scales[layer] + trace.shift_gradients[layer] * part.back.shifts[layer]
        yield fall
