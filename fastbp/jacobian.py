"""The Jacobian of a model's outputs by its parameters, in float64.

The activations' formulas in NumPy make it true for all of them, those of users, too; what is multiplied and added is in
``kernels/jacobian.py``, and NumPy's sums here are such as no number of threads changes.
"""

from __future__ import annotations

import numpy as np

from fastbp import layout
from fastbp._typing import Array, NDArray
from fastbp.activations import Activation
from fastbp.kernels.arguments import Network
from fastbp.kernels.loader import jacobian as kernels

Numbers = NDArray[np.float64]

#: Rows at a time.
BLOCK = 256


class Jacobian:
    """Outputs of a net, and their derivatives by its parameters as they are now: W row by row and b, layer after layer."""

    def __init__(self, network: Network, activations: tuple[Activation, ...]) -> None:
        self._network, self._activations = network, activations
        numbers = np.arange(network.parameters.size)
        weights, biases = layout.matrices(numbers, network.table)
        #: Where each of them lies among the flat parameters, which have places between arrays, too.
        self.places: NDArray[np.int64] = np.concatenate([part.reshape(-1) for both in zip(weights, biases, strict=True) for part in both])

    def outputs(self, inputs: Array) -> Numbers:
        """What the output layer gives, (rows, outputs)."""
        return self._forward(inputs)[1][-1]

    def of(self, inputs: Array) -> tuple[Numbers, Numbers]:
        """Outputs (rows, outputs), and their derivatives (rows, outputs, parameters)."""
        logits, reached = self._forward(inputs)
        rows, n_outputs = reached[-1].shape
        found = np.zeros((rows * n_outputs, self.places.size))
        weights, at = self._matrices()[0], self.places.size
        deltas = self._output_deltas(logits[-1])
        for layer in range(len(weights) - 1, -1, -1):
            at -= weights[layer].size + weights[layer].shape[1]
            kernels().write_layer(reached[layer], deltas, found, at)
            if layer:
                slopes = self._activations[layer - 1].reference_derivative(logits[layer - 1])
                below = np.zeros((rows, n_outputs, weights[layer].shape[0]))
                kernels().go_back(deltas, weights[layer], np.ascontiguousarray(slopes), below)
                deltas = below
        return reached[-1], found.reshape(rows, n_outputs, -1)

    def _forward(self, inputs: Array) -> tuple[list[Numbers], list[Numbers]]:
        """Z of each layer, and the input and what each layer gives."""
        logits, reached = list[Numbers](), [np.ascontiguousarray(inputs, np.float64)]
        with np.errstate(over="ignore", invalid="ignore"):
            for weight, bias, activation in zip(*self._matrices(), self._activations, strict=True):
                # Not by a BLAS, whose sums may depend on its threads.
                logits.append(np.einsum("ik,kj->ij", reached[-1], weight) + bias)
                reached.append(np.ascontiguousarray(activation.reference(logits[-1])))
        return logits, reached

    def _output_deltas(self, z: Numbers) -> Numbers:
        """How each output changes with each z of the last layer, (rows, outputs, outputs)."""
        each = np.eye(z.shape[1])[:, np.newaxis, :] + np.zeros_like(z)
        return np.stack([self._activations[-1].reference_backward(z, ones) for ones in each], axis=1)

    def _matrices(self) -> tuple[list[Numbers], list[Numbers]]:
        weights, biases = layout.matrices(self._network.parameters.astype(np.float64), self._network.table)
        return weights, biases
