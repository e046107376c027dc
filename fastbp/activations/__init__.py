"""Activation functions a user may name or build, and the one table of them.

==============  ================================================
name            a, the output of a unit with logit z
==============  ================================================
sigmoid         1 / (1 + exp(-z))
tanh            tanh(z)
relu            max(z, 0)
leaky_relu      z for z > 0, negative_slope z below
identity        z
softmax         exp(z_k) / sum_j exp(z_j); output layer alone
==============  ================================================

What fastbp knows of one is in its class: formula, settings, code of the kernels, and a reference implementation, from which argument
checks, ``fastbp verify`` and the tests follow. CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from fastbp._names import lookup
from fastbp.activations.base import Activation
from fastbp.activations.piecewise import Identity, LeakyReLU, ReLU
from fastbp.activations.smooth import Sigmoid, Tanh
from fastbp.activations.softmax import Softmax

__all__ = ["ACTIVATIONS", "Activation", "Identity", "LeakyReLU", "ReLU", "Sigmoid", "Softmax", "Tanh", "as_activation"]

ACTIVATIONS: dict[str, type[Activation]] = {cls.name: cls for cls in (Sigmoid, Tanh, ReLU, LeakyReLU, Identity, Softmax)}


def as_activations(given: object, n_hidden: int) -> tuple[Activation, ...]:
    """One activation for all hidden layers, or a list with one for each, as a tuple with one for each."""
    if isinstance(given, (list, tuple)):
        if len(given) != n_hidden:
            raise ValueError(f"activation lists {len(given)}; expected one for each of the {n_hidden} hidden layers")
        return tuple(as_activation(each, f"activation[{i}]") for i, each in enumerate(given))
    return (as_activation(given, "activation"),) * n_hidden


def as_activation(given: object, argument: str, *, output: bool = False) -> Activation:
    """`given` as an activation: a name of the table, or an object of one of its classes."""
    if isinstance(given, str):
        names = [name for name, cls in ACTIVATIONS.items() if output or not cls.output_only]
        if given in ACTIVATIONS and given not in names:
            raise ValueError(f"{argument}={given!r} is for the output layer: use output_activation={given!r}; here: {', '.join(names)}")
        given = lookup(given, {name: ACTIVATIONS[name] for name in names}, argument)()
    if not isinstance(given, Activation):
        raise TypeError(f"{argument} is {given!r} of type {type(given).__name__}; expected a name or an activation such as LeakyReLU(0.1)")
    if given.output_only and not output:
        raise ValueError(f"{argument} is {given!r}, which is for the output layer alone")
    return given
