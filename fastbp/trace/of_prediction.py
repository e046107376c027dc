"""Predictions: the gradient of their loss by all that a net has, and what batch normalisation is in them, a part of the weights."""

from __future__ import annotations

import numpy as np

from fastbp import _textbook as textbook
from fastbp._textbook import Array, Net
from fastbp.losses import Loss


def gradients(net: Net, loss: Loss, X: Array, targets: Array) -> list[Array]:
    """Of the mean loss, a matrix a layer: (n_in, n_out) of the weights, then a row each of biases, scales and shifts."""
    plain = _plain(net) if net.means else net
    done, masks = textbook.forward(plain, X), textbook.no_masks(plain, len(X))
    _, slopes = loss.reference(done.logits[-1], targets, net.activations[-1])
    back = textbook.backward(plain, done, slopes / len(X), masks)
    found = [np.vstack(each) for each in zip(*textbook.sums(plain, done, back), strict=True)]
    for layer in range(len(net.scales)):
        if net.means:
            found[layer] = _unfolded(net, layer, found[layer])
        else:
            found[layer] = np.vstack([found[layer], back.scales[layer], back.shifts[layer]])
    return found


def folded(net: Net, layer: int) -> tuple[Array, Array]:
    """Weights and biases of a layer with what batch normalisation makes of its sums, y = (z - mean) scale / deviation + shift."""
    if not net.means or layer == len(net.weights) - 1:
        return net.weights[layer], net.biases[layer]
    factor = factors(net, layer)
    return net.weights[layer] * factor, (net.biases[layer] - net.means[layer]) * factor + net.shifts[layer]


def factors(net: Net, layer: int) -> Array:
    """What batch normalisation multiplies the sums of a hidden layer with in predictions."""
    return net.scales[layer] / _deviations(net, layer)


def _plain(net: Net) -> Net:
    """The same predictions without normalisation."""
    weights, biases = zip(*(folded(net, layer) for layer in range(len(net.weights))), strict=True)
    return Net(list(weights), list(biases), net.activations)


def _unfolded(net: Net, layer: int, found: Array) -> Array:
    """From the gradient of the weights and biases of a folded layer to that of all that is in them."""
    inside, deviations = np.vstack([net.weights[layer], net.biases[layer] - net.means[layer]]), _deviations(net, layer)
    return np.vstack([found * factors(net, layer), (found * inside).sum(axis=0) / deviations, found[-1]])


def _deviations(net: Net, layer: int) -> Array:
    found: Array = np.sqrt(net.variances[layer] + net.normalization.epsilon)
    return found
