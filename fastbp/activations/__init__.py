"""Activation functions a user may name or build, and the one table of them.

==============  ==========================================================
name            a, the output of a unit with logit z
==============  ==========================================================
sigmoid         1 / (1 + exp(-z))
tanh            tanh(z)
relu            max(z, 0)
leaky_relu      z for z > 0, negative_slope z below
identity        z
softmax         exp(z_k) / sum_j exp(z_j); output layer alone
elu             z for z > 0, alpha (exp(z) - 1) below
celu            z for z > 0, alpha (exp(z / alpha) - 1) below
selu            1.0507 times elu with alpha = 1.6733
gelu            z Phi(z), Phi the normal distribution
gelu_tanh       gelu by a tanh
silu            z / (1 + exp(-z)), also called swish
mish            z tanh(log(1 + exp(z)))
softplus        log(1 + exp(beta z)) / beta
softsign        z / (1 + abs(z))
hard_sigmoid    z / 6 + 1/2, between 0 and 1
hard_tanh       z, between min_value and max_value
hard_swish      z hard_sigmoid(z)
relu6           z, between 0 and 6
exponential     exp(z)
==============  ==========================================================

What fastbp knows of one is in its class: formula, settings, code of the kernels, and a reference implementation, from which argument
checks, ``fastbp verify`` and the tests follow. CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastbp._names import lookup
from fastbp._table import Table, attribute, later
from fastbp.activations.base import Activation

if TYPE_CHECKING:
    from fastbp.activations.ascending import Ascending
    from fastbp.activations.clipped import HardSigmoid, HardTanh, ReLU6, Softsign
    from fastbp.activations.custom import CustomActivation as CustomActivation
    from fastbp.activations.exponential import CELU, ELU, SELU, Exponential, Softplus
    from fastbp.activations.gated import GELU, GELUTanh, HardSwish, Mish, SiLU
    from fastbp.activations.leaky import LeakyReLU
    from fastbp.activations.piecewise import Identity, ReLU
    from fastbp.activations.smooth import Sigmoid, Tanh
    from fastbp.activations.softmax import Softmax

# fmt: off
__all__ = [
    "ACTIVATIONS", "CELU", "ELU", "GELU", "SELU", "Activation", "Ascending", "CustomActivation", "Exponential", "GELUTanh", "HardSigmoid",
    "HardSwish", "HardTanh", "Identity", "LeakyReLU", "Mish", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign",
    "Tanh", "as_activation",
]
# fmt: on

_CLIPPED, _EXPONENTIAL, _GATED, _PIECEWISE, _SMOOTH = (
    f"fastbp.activations.{name}" for name in ("clipped", "exponential", "gated", "piecewise", "smooth")
)
ACTIVATIONS: Table[type[Activation]] = Table(
    {
        "sigmoid": (_SMOOTH, "Sigmoid"),
        "tanh": (_SMOOTH, "Tanh"),
        "relu": (_PIECEWISE, "ReLU"),
        "leaky_relu": ("fastbp.activations.leaky", "LeakyReLU"),
        "identity": (_PIECEWISE, "Identity"),
        "softmax": ("fastbp.activations.softmax", "Softmax"),
        "elu": (_EXPONENTIAL, "ELU"),
        "celu": (_EXPONENTIAL, "CELU"),
        "selu": (_EXPONENTIAL, "SELU"),
        "gelu": (_GATED, "GELU"),
        "gelu_tanh": (_GATED, "GELUTanh"),
        "silu": (_GATED, "SiLU"),
        "mish": (_GATED, "Mish"),
        "softplus": (_EXPONENTIAL, "Softplus"),
        "softsign": (_CLIPPED, "Softsign"),
        "hard_sigmoid": (_CLIPPED, "HardSigmoid"),
        "hard_tanh": (_CLIPPED, "HardTanh"),
        "hard_swish": (_GATED, "HardSwish"),
        "relu6": (_CLIPPED, "ReLU6"),
        "exponential": (_EXPONENTIAL, "Exponential"),
    },
)
#: Those that are built with what they cannot do without, and so have no name to be asked for by.
BUILT = {"custom": ("fastbp.activations.custom", "CustomActivation"), "ascending": ("fastbp.activations.ascending", "Ascending")}
#: What other libraries call some of these, in small letters without underscores.
OTHER_NAMES = {
    "swish": "silu",
    "linear": "identity",
    "logistic": "sigmoid",
    "logsig": "sigmoid",
    "rectifier": "relu",
    "lrelu": "leaky_relu",
    "gelunew": "gelu_tanh",
    "geluapproximate": "gelu_tanh",
    "exp": "exponential",
}
#: The modules of the classes that are imported when they are asked for.
MODULES = ACTIVATIONS.modules() | {name: module for module, name in BUILT.values()}
__getattr__ = later(globals(), MODULES)


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
        names = {name: name for name in ACTIVATIONS if output or name != "softmax"}
        if given in ACTIVATIONS and given not in names:
            raise ValueError(f"{argument}={given!r} is for the output layer: use output_activation={given!r}; here: {', '.join(names)}")
        given = ACTIVATIONS[lookup(given, names, argument, OTHER_NAMES)]()
    if not isinstance(given, Activation):
        raise TypeError(f"{argument} is {given!r} of type {type(given).__name__}; expected a name or an activation such as LeakyReLU(0.1)")
    if given.output_only and not output:
        raise ValueError(f"{argument} is {given!r}, which is for the output layer alone")
    return given


def described_activation(description: dict[str, Any]) -> Activation:
    """The activation that a file describes."""
    settings = dict(description)
    name = settings.pop("name")
    cls: Any = attribute(*BUILT[name]) if name in BUILT else ACTIVATIONS[name]
    return cls.from_description(**settings)  # type: ignore[no-any-return]
