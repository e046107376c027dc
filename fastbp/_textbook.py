"""One pass forward and one back through a net in plain NumPy, float64, slow, written from the textbook formulas.

Activations and normalisations bring their formulas along as reference implementations; nothing here or there shares arithmetic with the
kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from fastbp._typing import ArrayLike, NDArray
from fastbp.activations import Activation

Array: TypeAlias = NDArray[np.float64]


class Net(NamedTuple):
    """Weights (n_in, n_out), biases (n_out,) and activations: a list of each, with an entry a layer.

    Where hidden layers are normalised, their scales and shifts, and with batch normalisation means and variances for predictions.
    """

    weights: list[Array]
    biases: list[Array]
    activations: Sequence[Activation]
    normalization: Any = None
    scales: Sequence[Array] = ()
    shifts: Sequence[Array] = ()
    means: Sequence[Array] = ()
    variances: Sequence[Array] = ()

    @property
    def parameters(self) -> list[Array]:
        """All arrays that are trained, weights first."""
        return [*self.weights, *self.biases, *self.scales, *self.shifts]


def net_of(model: Any) -> Net:
    """A float64 copy of a fastbp model."""
    weights, biases, *others = (
        [np.array(array, np.float64) for array in arrays]
        for arrays in (model.weights, model.biases, model.scales, model.shifts, model.running_means, model.running_variances)
    )
    return Net(weights, biases, model.activations, model.between.normalization, *others)


def no_masks(net: Net, rows: int) -> list[Array]:
    """What inputs and units of the hidden layers are multiplied with in a training step without dropout."""
    return [np.broadcast_to(np.float64(1), (rows, len(weight))) for weight in net.weights]


def shares(rows: int, sample_weight: ArrayLike | None = None, mean_weight: float | None = None) -> Array:
    """What each row's loss is multiplied with: w / (rows * mean_weight), where the mean is that of these rows unless given."""
    weight = np.ones(rows) if sample_weight is None else np.asarray(sample_weight, np.float64)
    parts: Array = weight / (rows * (weight.mean() if mean_weight is None else mean_weight))
    return parts


class Forward(NamedTuple):
    """What a forward pass leaves behind."""

    logits: list[Array]  # z of each layer
    outputs: list[Array]  # the input, then a of each layer
    normalized: list[Array]  # what the activation of each layer is of: z, or where the layer is normalised scale x + shift


def forward(net: Net, X: ArrayLike, masks: Sequence[Array] | None = None) -> Forward:
    """Layer after layer: z = a W + b, normalised, then the activation.

    In training there are `masks`, what the inputs and the units of the hidden layers are multiplied with: ones without dropout.
    """
    logits: list[Array] = []
    outputs, normalized = [np.asarray(X, np.float64)], []
    if masks is not None:
        outputs[0] = outputs[0] * masks[0]
    for layer, (weight, bias, activation) in enumerate(zip(net.weights, net.biases, net.activations, strict=True)):
        logits.append(outputs[-1] @ weight + bias)
        normalized.append(_normalized(net, layer, logits[-1], masks is not None))
        outputs.append(activation.reference(normalized[-1]))
        if masks is not None and layer < len(net.weights) - 1:
            outputs[-1] = outputs[-1] * masks[layer + 1]
    return Forward(logits, outputs, normalized)


def _normalized(net: Net, layer: int, z: Array, training: bool) -> Array:
    if net.normalization is None or layer == len(net.weights) - 1:
        return z
    scale, shift = net.scales[layer], net.shifts[layer]
    if training or not net.means:
        return np.asarray(net.normalization.reference(z, scale, shift))
    return np.asarray(net.normalization.reference_prediction(z, scale, shift, (net.means[layer], net.variances[layer])))


class Backward(NamedTuple):
    """What a pass back leaves behind: lists with an entry a layer, scales and shifts one for each that is normalised."""

    deltas: list[Array]  # dL/dz
    errors: list[Array]  # dL/da of each hidden layer
    scales: list[Array]
    shifts: list[Array]


def through(net: Net, done: Forward, layer: int, error: Array, masks: Sequence[Array]) -> tuple[Array, ...]:
    """From dL/da of a hidden layer to its dL/dz: through dropout, activation, normalisation.

    Of a normalised layer also the gradients of scale and shift.
    """
    delta = net.activations[layer].reference_backward(done.normalized[layer], error * masks[layer + 1])
    if net.normalization is None:
        return (delta,)
    found: tuple[Array, ...] = net.normalization.reference_backward(done.logits[layer], net.scales[layer], delta)
    return found


def backward(net: Net, done: Forward, output_delta: Array, masks: Sequence[Array]) -> Backward:
    """From dL/dz of the output layer to that of the first, through the weights and what lies between the layers."""
    found = Backward([output_delta], [], [], [])
    for layer in range(len(net.weights) - 2, -1, -1):
        found.errors.insert(0, found.deltas[0] @ net.weights[layer + 1].T)
        delta, *vectors = through(net, done, layer, found.errors[0], masks)
        found.deltas.insert(0, delta)
        for kind, vector in zip((found.scales, found.shifts), vectors, strict=False):
            kind.insert(0, vector)
    return found


def sums(net: Net, done: Forward, back: Backward) -> tuple[list[Array], list[Array]]:
    """The gradients dW and db of each layer: sums over the rows."""
    weights = [a.T @ delta for a, delta in zip(done.outputs[:-1], back.deltas, strict=True)]
    biases = [delta.sum(axis=0) for delta in back.deltas]
    # Where the mean over the batch is taken away, it takes the bias with it.
    for bias in biases[:-1] if net.means else []:
        bias[...] = 0
    return weights, biases
