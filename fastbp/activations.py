"""Activation functions a user may name or build, and the one table of them.

To add one: a class here, a code and two branches in ``kernels/activate.py``, a line in ``verification/reference.py``. The tables of the
tests, the argument checks and the documentation follow from `ACTIVATIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fastbp._names import lookup, real
from fastbp.kernels import codes


@dataclass(frozen=True)
class Activation:
    """Base of the activations: what the kernels and the initialisers need to know of one."""

    name: ClassVar[str]
    code: ClassVar[int]
    initializer: ClassVar[str] = "glorot_uniform"
    output_only: ClassVar[bool] = False

    @property
    def slope(self) -> float:
        """The one number a kernel may need beside the code."""
        return 0.0


class Identity(Activation):
    """a = z."""

    name = "identity"
    code = codes.IDENTITY


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)), the logistic function."""

    name = "sigmoid"
    code = codes.SIGMOID


class Tanh(Activation):
    """a = tanh(z)."""

    name = "tanh"
    code = codes.TANH


class ReLU(Activation):
    """a = max(z, 0)."""

    name = "relu"
    code = codes.RELU
    initializer = "he_uniform"


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """a = z for z > 0, negative_slope z below.

    Parameters
    ----------
    negative_slope : float, default 0.01
        Not negative: the derivative is read from the sign of the output.
    """

    name = "leaky_relu"
    code = codes.LEAKY_RELU
    initializer = "he_uniform"

    negative_slope: float = 0.01

    def __post_init__(self) -> None:
        real(self.negative_slope, "negative_slope")

    @property
    def slope(self) -> float:
        """`negative_slope`."""
        return self.negative_slope


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j), for the output layer alone."""

    name = "softmax"
    code = codes.SOFTMAX
    output_only = True


ACTIVATIONS: dict[str, type[Activation]] = {cls.name: cls for cls in (Sigmoid, Tanh, ReLU, LeakyReLU, Identity, Softmax)}


def as_activation(given: object, argument: str, *, output: bool = False) -> Activation:
    """`given` as an activation: a name of the table, or an object of one of its classes."""
    if isinstance(given, str):
        names = [name for name, cls in ACTIVATIONS.items() if output or not cls.output_only]
        if given == Softmax.name and not output:
            raise ValueError(f"{argument}='softmax' is for the output layer: use output_activation='softmax'; here: {', '.join(names)}")
        given = lookup(given, {name: ACTIVATIONS[name] for name in names}, argument)()
    if not isinstance(given, Activation):
        raise TypeError(f"{argument} is {given!r} of type {type(given).__name__}; expected a name or an activation such as LeakyReLU(0.1)")
    if given.output_only and not output:
        raise ValueError(f"{argument} is {given!r}, which is for the output layer alone")
    return given
