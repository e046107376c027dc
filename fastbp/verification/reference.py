"""The oracle: multi-layer perceptrons in plain NumPy, float64, slow, written from the textbook formulas.

It shares no code with the rest of fastbp. Every activation, loss and optimizer that fastbp registers has its entry in the tables here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]

# ---------------------------------------------------------------------------------------------------------------- activations
# Each takes logits (n, K) and the slope of leaky_relu.


def sigmoid(z: Array, slope: float = 0.0) -> Array:
    """1 / (1 + exp(-z))."""
    with np.errstate(over="ignore"):  # exp(1e4) is inf, and 1 / inf is right.
        return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z: Array, slope: float = 0.0) -> Array:
    """Its derivative."""
    return sigmoid(z) * sigmoid(-z)


def tanh(z: Array, slope: float = 0.0) -> Array:
    """tanh(z)."""
    return np.tanh(z)


def tanh_derivative(z: Array, slope: float = 0.0) -> Array:
    """Its derivative."""
    with np.errstate(over="ignore"):
        return 1 / np.cosh(z) ** 2


def relu(z: Array, slope: float = 0.0) -> Array:
    """max(z, 0)."""
    return np.maximum(z, 0.0)


def relu_derivative(z: Array, slope: float = 0.0) -> Array:
    """Its derivative, 0 at the kink."""
    return np.where(z > 0, 1.0, 0.0)


def leaky_relu(z: Array, slope: float) -> Array:
    """The logits, below 0 times the slope."""
    return np.where(z > 0, z, slope * z)


def leaky_relu_derivative(z: Array, slope: float) -> Array:
    """Its derivative, the slope at the kink."""
    return np.where(z > 0, 1.0, slope)


def identity(z: Array, slope: float = 0.0) -> Array:
    """The logits themselves."""
    return z.copy()


def identity_derivative(z: Array, slope: float = 0.0) -> Array:
    """Its derivative."""
    return np.ones_like(z)


def softmax(z: Array, slope: float = 0.0) -> Array:
    """exp(z_k) / sum_j exp(z_j) of each row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p: Array = e / e.sum(axis=1, keepdims=True)
    return p


def softmax_jacobian(z: Array, slope: float = 0.0) -> Array:
    """Derivatives d a_k / d z_j as (n, k, j)."""
    p = softmax(z)
    return np.stack([np.diag(row) - np.outer(row, row) for row in p])


class Activation(NamedTuple):
    """A function of the logits, and how it changes with them."""

    value: Callable[..., Array]
    derivative: Callable[..., Array] | None = None
    # d a_k / d z_j as (n, k, j), where a unit's output depends on more than its own logit.
    jacobian: Callable[..., Array] | None = None


ACTIVATIONS = {
    "sigmoid": Activation(sigmoid, sigmoid_derivative),
    "tanh": Activation(tanh, tanh_derivative),
    "relu": Activation(relu, relu_derivative),
    "leaky_relu": Activation(leaky_relu, leaky_relu_derivative),
    "identity": Activation(identity, identity_derivative),
    "softmax": Activation(softmax, jacobian=softmax_jacobian),
}


def back_through(name: str, slope: float, z: Array, errors: Array) -> Array:
    """dL/dz from dL/da, by the chain rule."""
    activation = ACTIVATIONS[name]
    if activation.derivative is None:
        assert activation.jacobian is not None
        found: Array = np.einsum("nk,nkj->nj", errors, activation.jacobian(z, slope))
        return found
    return errors * activation.derivative(z, slope)


# --------------------------------------------------------------------------------------------------------------------- losses
# Each takes logits (n, K), targets (n, K), and name and slope of the output activation; gives the loss of each row, and its gradient
# with respect to the logits.


def squared_error(z: Array, targets: Array, name: str, slope: float = 0.0) -> tuple[Array, Array]:
    """Mean of (a - t)**2 over the outputs."""
    error = ACTIVATIONS[name].value(z, slope) - targets
    return (error**2).mean(axis=1), back_through(name, slope, z, 2 * error / z.shape[1])


def cross_entropy(z: Array, targets: Array, name: str, slope: float = 0.0) -> tuple[Array, Array]:
    """-sum_k t_k log p_k, p = softmax(z)."""
    highest = z.max(axis=1, keepdims=True)
    minus_log_p = highest - z + np.log(np.exp(z - highest).sum(axis=1, keepdims=True))
    return (targets * minus_log_p).sum(axis=1), targets.sum(axis=1, keepdims=True) * softmax(z) - targets


def binary_cross_entropy(z: Array, targets: Array, name: str, slope: float = 0.0) -> tuple[Array, Array]:
    """Mean of -(t log p + (1 - t) log(1 - p)) over the outputs, p = sigmoid(z)."""
    # -log sigmoid(z) = log(1 + exp(-z)) and -log(1 - sigmoid(z)) = log(1 + exp(z)).
    values = targets * np.logaddexp(0, -z) + (1 - targets) * np.logaddexp(0, z)
    return values.mean(axis=1), (sigmoid(z) - targets) / z.shape[1]


LOSSES = {"squared_error": squared_error, "cross_entropy": cross_entropy, "binary_cross_entropy": binary_cross_entropy}


# -------------------------------------------------------------------------------------------------------------------- network


class Net(NamedTuple):
    """Weights (n_in, n_out), biases (n_out,), names and slopes of the activations: a list of each, with an entry a layer."""

    weights: list[Array]
    biases: list[Array]
    names: Sequence[str]
    slopes: Sequence[float]

    @property
    def parameters(self) -> list[Array]:
        """All arrays, weights first."""
        return [*self.weights, *self.biases]


def net_of(model: Any) -> Net:
    """A float64 copy of a fastbp model."""
    return Net(
        [np.array(weight, np.float64) for weight in model.weights],
        [np.array(bias, np.float64) for bias in model.biases],
        [activation.name for activation in model.activations],
        [activation.slope for activation in model.activations],
    )


class Pass(NamedTuple):
    """What a forward pass leaves behind."""

    logits: list[Array]  # z of each layer
    outputs: list[Array]  # the input, then a of each layer


def forward(net: Net, X: ArrayLike) -> Pass:
    """Layer after layer: z = a W + b, then the activation."""
    logits, outputs = [], [np.asarray(X, np.float64)]
    for weight, bias, name, slope in zip(*net, strict=True):
        logits.append(outputs[-1] @ weight + bias)
        outputs.append(ACTIVATIONS[name].value(logits[-1], slope))
    return Pass(logits, outputs)


def shares(rows: int, sample_weight: ArrayLike | None = None) -> Array:
    """Each row's part in a weighted mean: sum(w * l) / sum(w)."""
    weight = np.ones(rows) if sample_weight is None else np.asarray(sample_weight, np.float64)
    parts: Array = weight / weight.sum()
    return parts


def losses(net: Net, loss: str, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None) -> Array:
    """The loss of each row times its share of the mean."""
    done = forward(net, X)
    values, _ = LOSSES[loss](done.logits[-1], targets, net.names[-1], net.slopes[-1])
    return shares(len(values), sample_weight) * values


def deltas(net: Net, loss: str, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None) -> list[Array]:
    """dL/dz of each layer (n, n_out), L the mean over the rows."""
    done = forward(net, X)
    _, gradient = LOSSES[loss](done.logits[-1], targets, net.names[-1], net.slopes[-1])
    found = [shares(len(gradient), sample_weight)[:, np.newaxis] * gradient]
    for layer in range(len(net.weights) - 1, 0, -1):
        error = found[0] @ net.weights[layer].T
        found.insert(0, back_through(net.names[layer - 1], net.slopes[layer - 1], done.logits[layer - 1], error))
    return found


def loss_and_gradients(
    net: Net, loss: str, X: ArrayLike, targets: Array, sample_weight: ArrayLike | None = None
) -> tuple[float, list[Array], list[Array]]:
    """The loss, dW of each layer, db of each layer."""
    outputs = forward(net, X).outputs
    found = deltas(net, loss, X, targets, sample_weight)
    value = float(losses(net, loss, X, targets, sample_weight).sum())
    return value, [a.T @ delta for a, delta in zip(outputs[:-1], found, strict=True)], [delta.sum(axis=0) for delta in found]


# ----------------------------------------------------------------------------------------------------------------- optimizers
# Each gives the new value of one array of parameters p with gradient g at step t = 1, 2, ...; `memory` is a dict of its own per array.
# The rules are those of PyTorch's documentation of torch.optim.

Memory: TypeAlias = dict[str, Array]


def sgd(p: Array, g: Array, memory: Memory, t: int, *, learning_rate: float, momentum: float, nesterov: bool, weight_decay: float) -> Array:
    """torch.optim.SGD."""
    g = g + weight_decay * p
    if momentum == 0:
        return p - learning_rate * g
    memory["b"] = g if t == 1 else momentum * memory["b"] + g
    return p - learning_rate * (g + momentum * memory["b"] if nesterov else memory["b"])


def rmsprop(
    p: Array, g: Array, memory: Memory, t: int, *, learning_rate: float, alpha: float, epsilon: float, momentum: float, centered: bool,
    weight_decay: float,
) -> Array:  # fmt: skip
    """torch.optim.RMSprop."""
    g = g + weight_decay * p
    memory["v"] = alpha * memory.get("v", 0.0) + (1 - alpha) * g**2
    variance = memory["v"]
    if centered:
        memory["mean"] = alpha * memory.get("mean", 0.0) + (1 - alpha) * g
        variance = variance - memory["mean"] ** 2
    quotient = g / (np.sqrt(variance) + epsilon)
    memory["b"] = momentum * memory.get("b", 0.0) + quotient
    return p - learning_rate * memory["b"]


def adam(
    p: Array, g: Array, memory: Memory, t: int, *, learning_rate: float, beta_1: float, beta_2: float, epsilon: float, weight_decay: float
) -> Array:
    """torch.optim.Adam."""
    g = g + weight_decay * p
    memory["m"] = beta_1 * memory.get("m", 0.0) + (1 - beta_1) * g
    memory["v"] = beta_2 * memory.get("v", 0.0) + (1 - beta_2) * g**2
    m_hat, v_hat = memory["m"] / (1 - beta_1**t), memory["v"] / (1 - beta_2**t)
    return p - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)


def adamw(p: Array, g: Array, memory: Memory, t: int, *, learning_rate: float, weight_decay: float, **settings: float) -> Array:
    """torch.optim.AdamW."""
    decayed = p - learning_rate * weight_decay * p
    return adam(decayed, g, memory, t, learning_rate=learning_rate, weight_decay=0.0, **settings)


OPTIMIZERS: dict[str, Callable[..., Array]] = {"sgd": sgd, "rmsprop": rmsprop, "adam": adam, "adamw": adamw}


# ------------------------------------------------------------------------------------------------------------------- training


def batches(rows: int, batch_size: int | None) -> Iterator[slice]:
    """The batches of an epoch without shuffling; the last may be short."""
    size = batch_size or rows
    return (slice(first, first + size) for first in range(0, rows, size))


def train(
    net: Net, loss: str, optimizer: str, settings: dict[str, Any], X: Array, targets: Array, *, epochs: int = 1,
    batch_size: int | None = None, sample_weight: Array | None = None,
) -> list[float]:  # fmt: skip
    """Change the arrays of `net` in place; return the loss of each epoch: the mean over its batches by their rows."""
    rows, t, epoch_losses = len(X), 0, []
    memories: list[Memory] = [{} for _ in net.parameters]
    for _ in range(epochs):
        total = 0.0
        for batch in batches(rows, batch_size):
            t += 1
            weight = None if sample_weight is None else sample_weight[batch]
            value, *gradients = loss_and_gradients(net, loss, X[batch], targets[batch], weight)
            total += value * len(X[batch])
            for p, g, memory in zip(net.parameters, [*gradients[0], *gradients[1]], memories, strict=True):
                p[...] = OPTIMIZERS[optimizer](p, g, memory, t, **settings)
        epoch_losses.append(total / rows)
    return epoch_losses
