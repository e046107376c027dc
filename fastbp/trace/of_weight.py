"""Who moves one weight: rows, classes, features, hidden units between it and the error."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp import _textbook as textbook
from fastbp._textbook import Array
from fastbp.trace.contributions import Contributions, ranked
from fastbp.trace.numbers import Numbers
from fastbp.trace.selection import Part, Weight, factors_of, index, labels_of, named_labels, read_by, weight_of


def rows_of(trace: Numbers, layer: Any, i: Any, j: Any, top: int | None) -> Contributions:
    """As `Trace.rows_of`."""
    weight, a, delta = factors_of(trace, layer, i, j)
    columns = {"row": np.arange(len(a))}
    if trace.labels is not None:
        columns["label"] = named_labels(trace, trace.labels)
    return ranked(f"rows that move {weight}", {**columns, "activation": a, "delta": delta}, a * delta, top)


def classes_of(trace: Numbers, layer: Any, i: Any, j: Any) -> Contributions:
    """As `Trace.classes_of`."""
    (weight, a, delta), labels = factors_of(trace, layer, i, j), labels_of(trace)
    count, products = max(2, trace.layer_sizes[-1]), a * delta
    columns = {"label": named_labels(trace, np.arange(count)), "rows": np.bincount(labels, minlength=count)}
    return ranked(f"classes that move {weight}", columns, np.bincount(labels, products, count).astype(np.float64), None)


def features_of(trace: Numbers, layer: Any, i: Any, j: Any, top: int | None) -> Contributions:
    """As `Trace.features_of`."""
    weight = weight_of(trace, layer, i, j)
    delta = trace.deltas[weight.layer][:, weight.j]
    whole = float(read_by(weight, trace.activations) @ delta)
    if weight.i is None or weight.layer == 0:
        of_inputs = np.zeros(trace.layer_sizes[0])
        of_inputs[[] if weight.i is None else weight.i] = whole
    else:
        of_inputs = (trace.inputs * _slopes_at_inputs(trace, weight.layer - 1, weight.i, delta)).sum(axis=0)
    return ranked(f"input features that move {weight}", _features(trace), of_inputs, top, rest=whole - float(of_inputs.sum()))


def _slopes_at_inputs(trace: Numbers, layer: int, unit: int, factors: Array) -> Array:
    """The derivatives by the inputs (n, n_inputs) of what a hidden unit gives, each row's times its factor."""
    error = np.zeros_like(trace.sums[layer])
    error[:, unit] = factors
    for below in range(layer, -1, -1):
        delta, *_ = textbook.through(trace.net, trace.forward, below, error, trace.masks)
        error = delta @ trace.weights[below].T
    return error


def _features(trace: Numbers) -> dict[str, Any]:
    names = np.arange(trace.layer_sizes[0]) if trace.feature_names is None else np.array(trace.feature_names, object)
    return {"feature": names}


def outputs_of(trace: Numbers, layer: Any, i: Any, j: Any, part: Part, top: int | None) -> Contributions:
    """As `Trace.outputs_of`."""
    weight, last = weight_of(trace, layer, i, j), len(trace.weights) - 1
    change = _begun(part, weight)
    for above in range(weight.layer, last):
        change = _of_activations(trace, part, above, change) @ trace.weights[above + 1]
    title = f"outputs whose errors move {weight}, {part.told}"
    return ranked(title, {"output": np.arange(change.shape[1])}, (change * part.back.deltas[last]).sum(axis=0), top)


def through(trace: Numbers, layer: Any, i: Any, j: Any, hidden: Any, part: Part, top: int | None) -> Contributions:
    """As `Trace.through`."""
    weight = weight_of(trace, layer, i, j)
    hidden = index(hidden, len(trace.weights) - 1, "hidden")
    if hidden < weight.layer:
        raise ValueError(f"hidden is {hidden}; expected a hidden layer that {weight} leads to: {weight.layer} or more")
    change = _of_activations(trace, part, weight.layer, _begun(part, weight))
    for above in range(weight.layer + 1, hidden + 1):
        change = _of_activations(trace, part, above, change @ trace.weights[above])
    title = f"units of hidden layer {hidden} through which {part.told} moves {weight}"
    return ranked(title, {"unit": np.arange(change.shape[1])}, (change * part.back.errors[hidden]).sum(axis=0), top)


def _begun(part: Part, weight: Weight) -> Array:
    """How the sums z of the weight's layer change with it."""
    change = np.zeros_like(part.done.logits[weight.layer])
    change[:, weight.j] = read_by(weight, part.done.outputs)
    return change


def _of_activations(trace: Numbers, part: Part, layer: int, change: Array) -> Array:
    """How what a hidden layer gives changes, to first order, when its sums z do."""
    norm, slopes = trace.net.normalization, trace.slopes[layer]
    assert slopes is not None
    if norm is not None:
        # The derivative of what is normalised by z is symmetric: forth it is as back.
        scale = trace.net.scales[layer]
        change = scale * norm.reference_backward(part.done.logits[layer], np.ones_like(scale), change)[0]
    moved: Array = change * slopes[part.rows]
    return moved
