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
    """Weights (n_in, n_out), biases (n_out,) and activations: a list of each, with an entry a layer."""

    weights: list[Array]
    biases: list[Array]
    activations: Sequence[Activation]

    @property
    def parameters(self) -> list[Array]:
        """All arrays, weights first."""
        return [*self.weights, *self.biases]


def net_of(model: Any) -> Net:
    """A float64 copy of a fastbp model."""
    weights, biases = ([np.array(array, np.float64) for array in arrays] for arrays in (model.weights, model.biases))
    return Net(weights, biases, model.activations)


class Pass(NamedTuple):
    """What a forward pass leaves behind."""

    logits: list[Array]  # z of each layer
    outputs: list[Array]  # the input, then a of each layer


def forward(net: Net, X: ArrayLike) -> Pass:
    """Layer after layer: z = a W + b, then the activation."""
    logits, outputs = [], [np.asarray(X, np.float64)]
    for weight, bias, activation in zip(*net, strict=True):
        logits.append(outputs[-1] @ weight + bias)
        outputs.append(activation.reference(logits[-1]))
    return Pass(logits, outputs)


def shares(rows: int, sample_weight: ArrayLike | None = None, mean_weight: float | None = None) -> Array:
    """What each row's loss is multiplied with: w / (rows * mean_weight), where the mean is that of these rows unless given."""
    weight = np.ones(rows) if sample_weight is None else np.asarray(sample_weight, np.float64)
    parts: Array = weight / (rows * (weight.mean() if mean_weight is None else mean_weight))
    return parts


def losses(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None, mean_weight: float | None = None
) -> Array:
    """The loss of each row times its share of the mean."""
    done = forward(net, X)
    values, _ = as_loss(loss).reference(done.logits[-1], targets, net.activations[-1])
    return shares(len(values), sample_weight, mean_weight) * values


def deltas(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None, mean_weight: float | None = None
) -> list[Array]:
    """dL/dz of each layer (n, n_out), L the mean over the rows."""
    done = forward(net, X)
    _, gradient = as_loss(loss).reference(done.logits[-1], targets, net.activations[-1])
    found = [shares(len(gradient), sample_weight, mean_weight)[:, np.newaxis] * gradient]
    for layer in range(len(net.weights) - 1, 0, -1):
        error = found[0] @ net.weights[layer].T
        found.insert(0, net.activations[layer - 1].reference_backward(done.logits[layer - 1], error))
    return found


def loss_and_gradients(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None, mean_weight: float | None = None
) -> tuple[float, list[Array], list[Array]]:
    """The loss, dW of each layer, db of each layer."""
    outputs = forward(net, X).outputs
    found = deltas(net, loss, X, targets, sample_weight, mean_weight)
    value = float(losses(net, loss, X, targets, sample_weight, mean_weight).sum())
    return value, [a.T @ delta for a, delta in zip(outputs[:-1], found, strict=True)], [delta.sum(axis=0) for delta in found]


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
            step(net, rule.at(np.array([t]), plan), [*gradients[0], *gradients[1]], memories, t)
        epoch_losses.append(total / rows)
    return epoch_losses


def step(net: Net, rule: Optimizer, gradients: list[Array], memories: list[dict[str, Any]], t: int) -> None:
    """Change the arrays of `net` by one step t of an optimizer, whose settings are numbers then."""
    layers = len(net.weights)
    if rule.clip_norm is not None:
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        gradients = [g * min(1.0, rule.clip_norm / (norm + 1e-6)) for g in gradients]
    if rule.clip_value is not None:
        gradients = [np.clip(g, -rule.clip_value, rule.clip_value) for g in gradients]
    for i, (p, g, memory) in enumerate(zip(net.parameters, gradients, memories, strict=True)):
        is_bias, old = i >= layers, p.copy()
        rate = (1.0 if rule.layer_rates is None else rule.layer_rates[i % layers]) * (rule.bias_rate if is_bias else 1.0)
        decay = 0.0 if is_bias and not rule.decay_biases else vars(rule)["learning_rate"] * rule.decoupled_weight_decay
        p[...] = old + rate * (rule.reference(old, g + rule.l1 * np.sign(old), memory, t) - old) - rate * decay * old
        if rule.max_norm is not None and not is_bias:
            p *= np.minimum(1, rule.max_norm / np.maximum(np.sqrt((p**2).sum(axis=0)), 1e-300))
