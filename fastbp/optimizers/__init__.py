"""The optimizers, and the one table of them.

============  ==========================================================================================
name          rule for a parameter p with gradient g
============  ==========================================================================================
sgd           p -= rate * g, with momentum if asked
rmsprop       p -= rate * g / (sqrt(s) + epsilon), s a running mean of g**2
adam          p -= rate * m / (sqrt(v) + epsilon), m and v running means of g and of g**2
adamw         adam with weight decay apart from the gradient
adagrad       p -= rate * g / (sqrt(s) + epsilon), s the sum of g**2
adadelta      p -= rate * g * sqrt(u + epsilon) / sqrt(s + epsilon), u a running mean of changes squared
adamax        p -= rate * m / u, u the largest abs(g), fading
nadam         adam with Nesterov's look-ahead
radam         adam without v while that is little known
amsgrad       adam divided by the largest v so far
lion          p -= rate * sign(a mean of g)
rprop         a step size for each p, taken back where the sign of g changes; for the whole set
irprop_minus  the same, with no step there
lamb          adam with steps as large as the weights of a layer
============  ==========================================================================================

What fastbp knows of one is in its class: rule, settings, coefficients of a step, code of the kernels, and a reference implementation, from
which argument checks, ``fastbp verify`` and the tests follow. CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastbp._names import lookup
from fastbp._table import Table, later
from fastbp.optimizers.base import Factors, Optimizer
from fastbp.schedules import described_setting

if TYPE_CHECKING:
    from fastbp.optimizers.adam import Adam, AdamW
    from fastbp.optimizers.adaptive import Adadelta, Adagrad
    from fastbp.optimizers.kin import LAMB, Adamax, AMSGrad, NAdam, RAdam
    from fastbp.optimizers.rmsprop import RMSprop
    from fastbp.optimizers.sgd import SGD
    from fastbp.optimizers.signs import IRpropMinus, Lion, Rprop

# fmt: off
__all__ = [
    "LAMB", "OPTIMIZERS", "SGD", "AMSGrad", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Factors", "IRpropMinus", "Lion", "NAdam",
    "Optimizer", "RAdam", "RMSprop", "Rprop", "as_optimizer", "described_optimizer",
]
# fmt: on

_ADAPTIVE, _KIN, _SIGNS = (f"fastbp.optimizers.{name}" for name in ("adaptive", "kin", "signs"))
OPTIMIZERS: Table[type[Optimizer]] = Table(
    {
        "sgd": ("fastbp.optimizers.sgd", "SGD"),
        "rmsprop": ("fastbp.optimizers.rmsprop", "RMSprop"),
        "adam": ("fastbp.optimizers.adam", "Adam"),
        "adamw": ("fastbp.optimizers.adam", "AdamW"),
        "adagrad": (_ADAPTIVE, "Adagrad"),
        "adadelta": (_ADAPTIVE, "Adadelta"),
        "adamax": (_KIN, "Adamax"),
        "nadam": (_KIN, "NAdam"),
        "radam": (_KIN, "RAdam"),
        "amsgrad": (_KIN, "AMSGrad"),
        "lion": (_SIGNS, "Lion"),
        "rprop": (_SIGNS, "Rprop"),
        "irprop_minus": (_SIGNS, "IRpropMinus"),
        "lamb": (_KIN, "LAMB"),
    },
)
#: What other libraries call some of these, in small letters without underscores.
OTHER_NAMES = {
    **dict.fromkeys(("momentum", "nesterov", "sgdm", "gradientdescent"), "sgd"),
    **dict.fromkeys(("adamwithweightdecay", "decoupledadam"), "adamw"),
    **dict.fromkeys(("adaminf", "adaminfinity"), "adamax"),
    **dict.fromkeys(("nesterovadam", "adamnesterov"), "nadam"),
    **dict.fromkeys(("rpropplus", "resilient", "resilientpropagation"), "rprop"),
    "rectifiedadam": "radam",
    "irprop": "irprop_minus",
}
#: The modules of the classes that are imported when they are asked for.
MODULES = OPTIMIZERS.modules()
__getattr__ = later(globals(), MODULES)


def described_optimizer(description: dict[str, Any]) -> Optimizer:
    """The optimizer that a file describes."""
    settings = {name: described_setting(value) for name, value in description.items()}
    return OPTIMIZERS[settings.pop("name")](**settings)


def as_optimizer(given: object) -> Optimizer:
    """An optimizer object, or one with default settings by its name."""
    if isinstance(given, Optimizer):
        given.simplify()
        return given
    if isinstance(given, str):
        return lookup(given, OPTIMIZERS, "optimizer", OTHER_NAMES)()
    raise TypeError(f"optimizer is {given!r} of type {type(given).__name__}; expected a name or an optimizer such as Adam(1e-3)")
