"""The oracle: multi-layer perceptrons in plain NumPy, float64, slow, written from the textbook formulas.

Activations, losses and optimizers bring their formulas along as reference implementations; nothing here or there shares arithmetic with the
kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from fastbp._typing import ArrayLike, NDArray
from fastbp.activations import Activation
from fastbp.losses import Loss, as_loss
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.schedules import NO_PLAN, Plan

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


class Pass(NamedTuple):
    """What a forward pass leaves behind."""

    logits: list[Array]  # z of each layer
    outputs: list[Array]  # the input, then a of each layer
    normalized: list[Array]  # what the activation of each layer is of: z, or where the layer is normalised scale x + shift


def forward(net: Net, X: ArrayLike, masks: Sequence[Array] | None = None) -> Pass:
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
    return Pass(logits, outputs, normalized)


def _normalized(net: Net, layer: int, z: Array, training: bool) -> Array:
    if net.normalization is None or layer == len(net.weights) - 1:
        return z
    scale, shift = net.scales[layer], net.shifts[layer]
    if training or not net.means:
        return np.asarray(net.normalization.reference(z, scale, shift))
    return np.asarray(net.normalization.reference_prediction(z, scale, shift, (net.means[layer], net.variances[layer])))


def no_masks(net: Net, rows: int) -> list[Array]:
    """Those of a training step without dropout."""
    return [np.ones((rows, len(weight))) for weight in net.weights]


def shares(rows: int, sample_weight: ArrayLike | None = None, mean_weight: float | None = None) -> Array:
    """What each row's loss is multiplied with: w / (rows * mean_weight), where the mean is that of these rows unless given."""
    weight = np.ones(rows) if sample_weight is None else np.asarray(sample_weight, np.float64)
    parts: Array = weight / (rows * (weight.mean() if mean_weight is None else mean_weight))
    return parts


def losses(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None, mean_weight: float | None = None,
    masks: Sequence[Array] | None = None, training: bool = True,
) -> Array:  # fmt: skip
    """The loss of each row times its share of the mean, in training or in prediction."""
    if masks is None and training:
        masks = no_masks(net, len(targets))
    done = forward(net, X, masks)
    values, _ = as_loss(loss).reference(done.logits[-1], targets, net.activations[-1])
    return shares(len(values), sample_weight, mean_weight) * values


def deltas(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None, mean_weight: float | None = None
) -> list[Array]:
    """dL/dz of each layer (n, n_out), L the mean over the rows."""
    return _backward(net, loss, X, targets, no_masks(net, len(targets)), sample_weight, mean_weight)[0]


def _backward(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, masks: Sequence[Array], sample_weight: ArrayLike | None,
    mean_weight: float | None,
) -> tuple[list[Array], list[Array], list[Array]]:  # fmt: skip
    """Deltas of all layers, and the gradients of scales and of shifts."""
    done = forward(net, X, masks)
    _, gradient = as_loss(loss).reference(done.logits[-1], targets, net.activations[-1])
    found = [shares(len(gradient), sample_weight, mean_weight)[:, np.newaxis] * gradient]
    scales: list[Array] = []
    shifts: list[Array] = []
    for layer in range(len(net.weights) - 2, -1, -1):
        error = found[0] @ net.weights[layer + 1].T * masks[layer + 1]
        error = net.activations[layer].reference_backward(done.normalized[layer], error)
        if net.normalization is not None:
            error, scale, shift = net.normalization.reference_backward(done.logits[layer], net.scales[layer], error)
            scales.insert(0, scale)
            shifts.insert(0, shift)
        found.insert(0, error)
    return found, scales, shifts


def loss_and_gradients(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None, mean_weight: float | None = None,
    masks: Sequence[Array] | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    """The loss, dW of each layer, db of each layer; of a normalised net also the gradients of scales and of shifts."""
    masks = no_masks(net, len(targets)) if masks is None else masks
    outputs = forward(net, X, masks).outputs
    found, *others = _backward(net, loss, X, targets, masks, sample_weight, mean_weight)
    value = float(losses(net, loss, X, targets, sample_weight, mean_weight, masks).sum())
    weights, biases = [a.T @ delta for a, delta in zip(outputs[:-1], found, strict=True)], [delta.sum(axis=0) for delta in found]
    # Where the mean over the batch is taken away, it takes the bias with it.
    for bias in biases[:-1] if net.means else []:
        bias[...] = 0
    return value, weights, biases, *(others if net.normalization else [])


def batches(rows: int, batch_size: int | None) -> Iterator[slice]:
    """The batches of an epoch without shuffling; the last may be short."""
    size = batch_size or rows
    return (slice(first, first + size) for first in range(0, rows, size))


def train(
    net: Net, loss: str | Loss, optimizer: str | Optimizer, X: Array, targets: Array, *, epochs: int = 1, batch_size: int | None = None,
    sample_weight: Array | None = None, plan: Plan = NO_PLAN,
) -> list[float]:  # fmt: skip
    """Change the arrays of `net` in place; return the loss of each epoch: the mean over its batches by their rows."""
    rule, rows, t, epoch_losses = as_optimizer(optimizer), len(X), 0, []
    memories: list[dict[str, Any]] = [{} for _ in net.parameters]
    for _ in range(epochs):
        total = 0.0
        for batch in batches(rows, batch_size):
            t += 1
            weight = (None, None) if sample_weight is None else (sample_weight[batch], sample_weight.mean())
            value, *gradients = loss_and_gradients(net, loss, X[batch], targets[batch], *weight)
            total += value * len(X[batch])
            _follow(net, X[batch])
            step(net, rule.at(np.array([t]), plan), [each for arrays in gradients for each in arrays], memories, t)
        epoch_losses.append(total / rows)
    return epoch_losses


def _follow(net: Net, X: Array) -> None:
    """Bring the averages of batch normalisation forward by a batch."""
    for layer, z in enumerate(forward(net, X, no_masks(net, len(X))).logits[:-1] if net.means else []):
        means, variances = net.normalization.reference_averages(z, net.means[layer], net.variances[layer])
        net.means[layer][...], net.variances[layer][...] = means, variances


def step(net: Net, rule: Optimizer, gradients: list[Array], memories: list[dict[str, Any]], t: int) -> None:
    """Change the arrays of `net` by one step t of an optimizer, whose settings are numbers then."""
    layers = len(net.weights)
    if rule.clip_norm is not None:
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        gradients = [g * min(1.0, rule.clip_norm / (norm + 1e-6)) for g in gradients]
    if rule.clip_value is not None:
        gradients = [np.clip(g, -rule.clip_value, rule.clip_value) for g in gradients]
    for i, (p, g, memory) in enumerate(zip(net.parameters, gradients, memories, strict=True)):
        is_vector, is_bias, old = i >= layers, layers <= i < 2 * layers, p.copy()
        layer = i % layers if i < 2 * layers else (i - 2 * layers) % (layers - 1)
        rate = (1.0 if rule.layer_rates is None else rule.layer_rates[layer]) * (rule.bias_rate if is_bias else 1.0)
        decay = 0.0 if is_vector and not rule.decay_biases else vars(rule)["learning_rate"] * rule.decoupled_weight_decay
        p[...] = old + rate * (rule.reference(old, g + rule.l1 * np.sign(old), memory, t) - old) - rate * decay * old
        if rule.max_norm is not None and not is_vector:
            p *= np.minimum(1, rule.max_norm / np.maximum(np.sqrt((p**2).sum(axis=0)), 1e-300))
