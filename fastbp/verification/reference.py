"""The oracle: multi-layer perceptrons in plain NumPy, float64, slow, written from the textbook formulas.

Activations, losses and optimizers bring their formulas along as reference implementations; nothing here or there shares arithmetic with the
kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from fastbp._textbook import Array, Backward, Forward, Net, backward, forward, net_of, no_masks, shares, sums
from fastbp._typing import ArrayLike
from fastbp.losses import Loss, as_loss
from fastbp.optimizers import Optimizer, as_optimizer
from fastbp.schedules import NO_PLAN, Plan

__all__ = [
    "Net",
    "batches",
    "deltas",
    "forward",
    "loss_and_gradients",
    "losses",
    "net_of",
    "no_masks",
    "shares",
    "step",
    "train",
]


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
    return _passes(net, loss, X, targets, no_masks(net, len(targets)), sample_weight, mean_weight)[1].deltas


def _passes(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, masks: Sequence[Array], sample_weight: ArrayLike | None,
    mean_weight: float | None,
) -> tuple[Forward, Backward]:  # fmt: skip
    """Forward and back, in training."""
    done = forward(net, X, masks)
    _, gradient = as_loss(loss).reference(done.logits[-1], targets, net.activations[-1])
    return done, backward(net, done, shares(len(gradient), sample_weight, mean_weight)[:, np.newaxis] * gradient, masks)


def loss_and_gradients(
    net: Net, loss: str | Loss, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None, mean_weight: float | None = None,
    masks: Sequence[Array] | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    """The loss, dW of each layer, db of each layer; of a normalised net also the gradients of scales and of shifts."""
    masks = no_masks(net, len(targets)) if masks is None else masks
    done, back = _passes(net, loss, X, targets, masks, sample_weight, mean_weight)
    value = float(losses(net, loss, X, targets, sample_weight, mean_weight, masks).sum())
    return value, *sums(net, done, back), *((back.scales, back.shifts) if net.normalization else ())


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
