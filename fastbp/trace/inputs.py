"""What the inputs have to do with an output: its gradient by them, and how it is made up of them, layer by layer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fastbp import _textbook as textbook
from fastbp._names import integer, real
from fastbp._textbook import Array
from fastbp.data.validation import check_inputs
from fastbp.mlp import MLP
from fastbp.trace.of_prediction import factors, folded


def sensitivities(model: MLP, X: Any, output: int) -> Array:
    """Tell how an output of predictions changes with each input: its gradient, by the chain rule in float64.

    Parameters
    ----------
    model : MLP
    X : array-like of shape (n, inputs)
    output : int
        Which; it is what `MLP.predict` gives, the probability of a class, say.

    Returns
    -------
    ndarray of shape (n, inputs)
        ``d output / d input`` of each row.
    """
    net, inputs, output = _checked(model, X, output)
    done = textbook.forward(net, inputs)
    error = np.zeros_like(done.outputs[-1])
    error[:, output] = 1
    delta = net.activations[-1].reference_backward(done.logits[-1], error)
    for layer in range(len(net.weights) - 2, -1, -1):
        delta = net.activations[layer].reference_backward(done.normalized[layer], delta @ net.weights[layer + 1].T)
        if net.means:
            delta = delta * factors(net, layer)
        elif net.normalization is not None:
            delta = net.normalization.reference_backward(done.logits[layer], net.scales[layer], delta)[0]
    found: Array = delta @ net.weights[0].T
    return found


class Relevances(NamedTuple):
    """How the sum z of an output unit is made up, row by row: `inputs`, `biases` and `absorbed` together are `output`."""

    inputs: Array  # (n, inputs)
    biases: Array  # (n, layers): of the biases of each layer
    absorbed: Array  # (n, layers): what epsilon has taken, and sums that are 0
    output: Array  # (n,)


def relevances(model: MLP, X: Any, output: int, *, rule: str = "epsilon", epsilon: float = 0.01) -> Relevances:
    """Share the weighted sum of an output among the inputs, layer by layer: layer-wise relevance propagation.

    From the output back, each unit hands its relevance R_j on in proportion to what went into its sum ``z_j = sum_i a_i w_ij + b_j``::

        R_i = sum_j a_i w_ij / (z_j + epsilon sign(z_j)) R_j

    (S. Bach et al., PLoS ONE 10, 2015.) The part of b_j is the bias's, that of epsilon is absorbed; nothing is lost. Batch normalisation is
    taken as a part of the weights.

    Parameters
    ----------
    model : MLP
    X : array-like of shape (n, inputs)
    output : int
    rule : "epsilon" or "z"
        The z-rule is that without epsilon: nothing is absorbed, and sums near 0 make relevances large.
    epsilon : float, default 0.01
        Of the epsilon-rule.

    Returns
    -------
    Relevances

    Raises
    ------
    ValueError, TypeError
        For arguments outside their range, and for layer normalisation, which is no sum over units.
    """
    if rule not in ("epsilon", "z"):
        raise ValueError(f"rule is {rule!r}; expected 'epsilon' or 'z'")
    epsilon = 0.0 if rule == "z" else real(epsilon, "epsilon", exclusive=True)
    net, inputs, output = _checked(model, X, output)
    if net.normalization is not None and not net.means:
        raise ValueError("the model has layer normalization, which is no sum over units that relevance could be shared by")
    done, layers = textbook.forward(net, inputs), len(net.weights)
    relevance = np.zeros_like(done.logits[-1])
    relevance[:, output] = done.logits[-1][:, output]
    biases, absorbed = np.zeros((2, len(inputs), layers))
    for layer in range(layers - 1, -1, -1):
        sums, a = done.normalized[layer], done.outputs[layer]
        weight, bias = folded(net, layer)
        divisor = sums + np.where(sums < 0, -epsilon, epsilon)
        per_sum = np.divide(relevance, divisor, out=np.zeros_like(relevance), where=divisor != 0)
        biases[:, layer] = per_sum @ bias
        absorbed[:, layer] = (relevance - per_sum * sums).sum(axis=1)
        relevance = a * (per_sum @ weight.T)
    return Relevances(relevance, biases, absorbed, done.logits[-1][:, output])


def _checked(model: object, X: Any, output: object) -> tuple[textbook.Net, Array, int]:
    if not isinstance(model, MLP):
        raise TypeError(f"model is of type {type(model).__name__}; expected an MLP")
    number = integer(output, "output", least=0)
    if number >= model.layer_sizes[-1]:
        raise ValueError(f"output is {number}; the model has {model.layer_sizes[-1]} outputs, the first being 0")
    inputs = check_inputs(X, model.layer_sizes[0], model.dtype, model.feature_names)
    return textbook.net_of(model), np.asarray(inputs, np.float64), number
