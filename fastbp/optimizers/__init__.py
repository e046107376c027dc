"""The optimizers, and the one table of them.

========  ==========================================================================================
name      rule for a parameter p with gradient g
========  ==========================================================================================
sgd       p -= rate * g, with momentum if asked
rmsprop   p -= rate * g / (sqrt(s) + epsilon), s a running mean of g**2
adam      p -= rate * m / (sqrt(v) + epsilon), m and v running means of g and of g**2
adamw     adam with weight decay apart from the gradient
========  ==========================================================================================

What fastbp knows of one is in its class: rule, settings, coefficients of a step, code of the kernels, and a reference implementation, from
which argument checks, ``fastbp verify`` and the tests follow. CONTRIBUTING.md says how to add one.
"""

from __future__ import annotations

from fastbp._names import lookup
from fastbp.optimizers.adam import Adam, AdamW
from fastbp.optimizers.base import Factors, Optimizer
from fastbp.optimizers.rmsprop import RMSprop
from fastbp.optimizers.sgd import SGD

__all__ = ["OPTIMIZERS", "SGD", "Adam", "AdamW", "Factors", "Optimizer", "RMSprop", "as_optimizer"]

OPTIMIZERS: dict[str, type[Optimizer]] = {cls.name: cls for cls in (SGD, RMSprop, Adam, AdamW)}


def as_optimizer(given: object) -> Optimizer:
    """An optimizer object, or one with default settings by its name."""
    if isinstance(given, Optimizer):
        given.simplify()
        return given
    if isinstance(given, str):
        return lookup(given, OPTIMIZERS, "optimizer")()
    raise TypeError(f"optimizer is {given!r} of type {type(given).__name__}; expected a name or an optimizer such as Adam(1e-3)")
