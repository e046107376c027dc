"""A part of the error, of some rows and outputs, and its way back through the net."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from fastbp import _textbook as textbook
from fastbp._textbook import Array, Backward, Forward
from fastbp._typing import NDArray
from fastbp.trace.numbers import Numbers


class Part(NamedTuple):
    """The error that was asked for, on the rows that it reaches."""

    told: str  # for titles: "the error of row 3"
    rows: Any  # which they are: an index of arrays
    done: Forward
    back: Backward
    known: list[Array] | None = None  # the gradients of the weights, where it is all of the error

    def weight_gradients(self) -> list[Array]:
        """Of each layer."""
        return self.known or [a.T @ delta for a, delta in zip(self.done.outputs, self.back.deltas, strict=False)]

    def bias_gradients(self) -> list[Array]:
        """Of each layer."""
        return [delta.sum(axis=0) for delta in self.back.deltas]

    def moved(self, weight: Weight) -> float:
        """The gradient of one weight."""
        return float(read_by(weight, self.done.outputs) @ self.back.deltas[weight.layer][:, weight.j])


def part_of(trace: Numbers, row: Any = None, label: Any = None, output: Any = None) -> Part:
    """The error of one row, of the rows of a class, of an output, or of all that are not given."""
    rows, told = chosen_rows(trace, row, label)
    if output is not None:
        output = index(output, trace.layer_sizes[-1], "output")
        told = f"{told}, output {output}"
    if rows is None and output is None:
        back = Backward(
            trace.deltas, [each for each in trace.errors[:-1] if each is not None], trace.scale_gradients, trace.shift_gradients
        )
        return Part(f"the error of {told}", slice(None), trace.forward, back, trace.weight_gradients)
    seed = np.zeros_like(trace.deltas[-1])
    place = (slice(None) if rows is None else rows, slice(None) if output is None else output)
    seed[place] = trace.deltas[-1][place]
    # Where no row depends on another, the others have no part in it.
    reached = slice(None) if rows is None or trace.mixes_rows else rows
    done = Forward(*([array[reached] for array in arrays] for arrays in trace.forward))
    back = textbook.backward(trace.net, done, seed[reached], [mask[reached] for mask in trace.masks])
    return Part(f"the error of {told}", reached, done, back)


def chosen_rows(trace: Numbers, row: Any, label: Any) -> tuple[NDArray[np.int64] | None, str]:
    """The rows that are meant, None for all of them, and what they are called."""
    if row is not None and label is not None:
        raise ValueError("row and label are both given; expected one of them")
    if row is not None:
        number = index(row, len(trace.shares), "row")
        return np.array([number]), f"row {number}"
    if label is not None:
        return np.flatnonzero(labels_of(trace) == number_of(trace, label)), f"label {label!r}"
    return None, "all rows"


def labels_of(trace: Numbers) -> NDArray[np.int64]:
    """The classes of the rows; ValueError where there are none."""
    if trace.labels is None:
        raise ValueError(f"the targets of this trace are no classes (loss={trace.loss_name!r}); label= and classes_of are for classes")
    return trace.labels


def number_of(trace: Numbers, label: Any) -> int:
    """The number of a class, by the label that the model knows it by."""
    known = list(range(max(2, trace.layer_sizes[-1]))) if trace.classes is None else list(trace.classes)
    if label not in known:
        raise ValueError(f"label is {label!r}; expected one of {', '.join(map(repr, known))}")
    return known.index(label)


def named_labels(trace: Numbers, numbers: NDArray[np.int64]) -> NDArray[Any]:
    """Classes by the labels that the model knows them by."""
    return numbers if trace.classes is None else np.array(trace.classes, object)[numbers]


def index(value: Any, size: int, argument: str) -> int:
    """`value` as a number from 0 to size - 1; from the end where it is negative, as of lists."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{argument} is {value!r} of type {type(value).__name__}; expected an integer") from None
    if not -size <= number < size:
        raise ValueError(f"{argument} is {number}; expected 0 to {size - 1}")
    return number % size


class Weight(NamedTuple):
    """A weight or, where i is None, a bias."""

    layer: int
    i: int | None
    j: int

    def __str__(self) -> str:
        return name_of(*self)


def name_of(layer: int, i: int | str | None, j: int) -> str:
    """A weight, or with `i` None, "scale" or "shift" what its unit has of that, as of a model."""
    return f"weights[{layer}][{i}, {j}]" if isinstance(i, int) else f"{'biases' if i is None else f'{i}s'}[{layer}][{j}]"


def weight_of(trace: Numbers, layer: Any, i: Any, j: Any) -> Weight:
    """The weight that is meant; ValueError or TypeError where the net has none."""
    layer = index(layer, len(trace.weights), "layer")
    n_in, n_out = trace.weights[layer].shape
    return Weight(layer, None if i is None else index(i, n_in, "i"), index(j, n_out, "j"))


def factors_of(trace: Numbers, layer: Any, i: Any, j: Any) -> tuple[str, Array, Array]:
    """The name of the weight, bias, scale or shift that is meant, and of each row the two factors of its part in the gradient."""
    if not (isinstance(i, str) and i in ("scale", "shift")):
        weight = weight_of(trace, layer, i, j)
        return str(weight), read_by(weight, trace.activations), trace.deltas[weight.layer][:, weight.j]
    layer = index(layer, len(trace.weights), "layer")
    if layer >= len(trace.net.scales):
        raise ValueError(f"i is {i!r}; layer {layer} is not normalised")
    errors, slopes = trace.errors[layer], trace.slopes[layer]
    assert errors is not None and slopes is not None
    j = index(j, errors.shape[1], "j")
    x: Array = trace.net.normalization.normalized(trace.sums[layer])[:, j]
    return name_of(layer, i, j), x if i == "scale" else np.ones(len(x)), (errors * slopes)[:, j]


def read_by(weight: Weight, activations: list[Array]) -> Array:
    """What goes into the weight on each row: 1 into a bias."""
    inputs = activations[weight.layer]
    return np.ones(len(inputs)) if weight.i is None else inputs[:, weight.i]
