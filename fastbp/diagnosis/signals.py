"""What goes through the layers, forward: plain NumPy in float64, as in training but for dropout and noise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fastbp._typing import Array, NDArray
from fastbp.activations import Activation
from fastbp.mlp import MLP

# The usual logits, where the largest slope of an activation is looked for, none of them where a kink is likely.
_LOGITS = np.linspace(-3.01, 3.03, 302)
# Of a unit with limits on both sides: its slope there is below a tenth of the largest (|a| > 0.95 of tanh).
_FLAT = 0.1
# Of any other: its slope is as good as 0.
_DEAD = 1e-3


class Signal(NamedTuple):
    """What the units of a layer give."""

    mean: float
    std: float
    saturates: bool  # whether the activation has limits on both sides
    flat: NDArray[np.float64] | None  # of each unit the share of the rows on which it hardly learns; None for an output layer


def signals(model: MLP, X: Array) -> Iterator[Signal]:
    """Of each layer, on these rows."""
    a = X.astype(np.float64)
    last = len(model.weights) - 1
    for layer, activation in enumerate(model.activations):
        z = _logits(model, layer, a)
        a = activation.reference(z)
        saturates, flat = (False, None) if layer == last else _flat(activation, z)
        yield Signal(float(a.mean()), float(a.std()), saturates, flat)


def _logits(model: MLP, layer: int, a: Array) -> Array:
    """What the activation is of."""
    z: Array = a @ model.weights[layer].astype(np.float64) + model.biases[layer]
    normalization = model.between.normalization
    if normalization is None or layer == len(model.weights) - 1:
        return z
    return normalization.reference(z, model.scales[layer], model.shifts[layer])


def _flat(activation: Activation, z: Array) -> tuple[bool, NDArray[np.float64]]:
    largest = np.abs(activation.reference_derivative(_LOGITS)).max()
    saturates = _saturates(activation, largest)
    slopes = np.abs(activation.reference_derivative(z))
    return saturates, (slopes < (_FLAT if saturates else _DEAD) * largest).mean(axis=0)


def _saturates(activation: Activation, largest: float) -> bool:
    """Whether it is flat on both sides, and steep between: as sigmoid and tanh are, and relu6 is not."""
    outside, inside = (np.abs(activation.reference_derivative(np.array(z))) for z in ([-30.0, 30.0], [-0.4, 0.4]))
    return bool((outside < _FLAT * largest).all() and (inside >= _FLAT * largest).all())
