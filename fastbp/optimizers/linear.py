"""How the step of each optimizer follows the gradients, as a sum: what it divides by is taken as the step has found it.

A weight p with gradient g, and m what the optimizer remembers of the gradients before::

    change of p = - carried m - direct g + what is beside;    then m = kept m + taken g

So the change over a run is a sum over all gradients of the run, and through each of these over the rows of its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from fastbp._typing import NDArray
from fastbp.kernels import codes

Values: TypeAlias = NDArray[np.float64]


class Weights(NamedTuple):
    """Some weights at a step, all in float64: before it, their gradients as the rule takes them, and the optimizer's slots."""

    values: Values
    gradients: Values
    before: Values  # (slots, weights)
    after: Values  # (slots, weights)
    trust: Values  # of LAMB: norm(p) / norm(u)


class Linear(NamedTuple):
    """The sum for some weights, as the docstring of the module writes it."""

    direct: Values
    carried: Values | float = 0.0
    kept: float = 0.0
    taken: Values | float = 0.0
    memory: Values | float = 0.0  # m before the step
    decay: Values | float = 0.0  # weight decay as a part of the gradient
    beside: Mapping[str, Values] = MappingProxyType({})


def linear(code: int, rates: Values, weights: Weights) -> Linear:
    """The sum of a step by the rule of a code, with the numbers of the step that the kernels had."""
    return _RULES[code](rates, weights)


def needs_gradients(code: int) -> bool:
    """Whether the factors of the sum depend on the gradients themselves."""
    return code in _BY_GRADIENTS


def _over(numerator: Any, denominator: Any) -> Values:
    """The quotient; 0 where there is nothing to divide by."""
    numerator, denominator = np.broadcast_arrays(np.float64(numerator), denominator)
    found: Values = np.divide(numerator, denominator, out=np.zeros_like(denominator), where=denominator != 0)
    return found


def _remembering(scale: Values, kept: float, taken: float, memory: Values, decay: Any = 0.0, **beside: Values) -> Linear:
    """A step by the mean of the gradients after it: - scale m, of which kept times that before it and taken times the gradient."""
    return Linear(scale * taken, scale * kept, kept, taken, memory, decay, beside)


def _sgd(c: Values, w: Weights) -> Linear:
    return Linear(np.full_like(w.values, c[0]), decay=c[1] * w.values)


def _momentum(c: Values, w: Weights) -> Linear:
    rate, penalty, momentum, nesterov = c[:4]
    ahead = momentum if nesterov > 0 else 1.0
    direct = rate * (1 + momentum) if nesterov > 0 else rate
    return Linear(np.full_like(w.values, direct), rate * ahead * momentum, momentum, 1.0, w.before[0], penalty * w.values)


def _rmsprop(c: Values, w: Weights) -> Linear:
    return Linear(c[0] / (np.sqrt(w.after[0]) + c[4]), decay=c[1] * w.values)


def _rmsprop_momentum(c: Values, w: Weights) -> Linear:
    rate, penalty, _, _, epsilon, momentum = c[:6]
    taken = 1 / (np.sqrt(np.maximum(w.after[0] - w.after[2] ** 2, 0)) + epsilon)
    return Linear(rate * taken, rate * momentum, momentum, taken, w.before[1], penalty * w.values)


def _adam(c: Values, w: Weights, slot: int = 1) -> Linear:
    rate, penalty, keep, b1, fresh1, _, _, correction, epsilon = c[:9]
    scale = rate / (np.sqrt(w.after[slot]) * correction + epsilon)
    return _remembering(scale, b1, fresh1, w.before[0], penalty * w.values, weight_decay=(keep - 1) * w.values)


def _amsgrad(c: Values, w: Weights) -> Linear:
    return _adam(c, w, 2)


def _adagrad(c: Values, w: Weights) -> Linear:
    return Linear(_over(c[0], np.sqrt(w.after[0]) + c[2]), decay=c[1] * w.values)


def _adadelta(c: Values, w: Weights) -> Linear:
    return Linear(c[0] * np.sqrt(w.before[1] + c[4]) / np.sqrt(w.after[0] + c[4]), decay=c[1] * w.values)


def _adamax(c: Values, w: Weights) -> Linear:
    return _remembering(_over(c[0], w.after[1]), c[2], c[3], w.before[0], c[1] * w.values)


def _nadam(c: Values, w: Weights) -> Linear:
    now, ahead, penalty, b1, fresh1, _, _, correction, epsilon = c[:9]
    root = np.sqrt(w.after[1]) * correction + epsilon
    return Linear((now + ahead * fresh1) / root, ahead * b1 / root, b1, fresh1, w.before[0], penalty * w.values)


def _radam(c: Values, w: Weights) -> Linear:
    adaptive, plain, penalty, b1, fresh1, _, _, epsilon = c[:8]
    return _remembering(adaptive / (np.sqrt(w.after[1]) + epsilon) + plain, b1, fresh1, w.before[0], penalty * w.values)


def _lion(c: Values, w: Weights) -> Linear:
    rate, keep, b1, fresh1, b2, fresh2 = c[:6]
    scale = _over(rate, np.abs(b1 * w.before[0] + fresh1 * w.gradients))
    return Linear(scale * fresh1, scale * b1, b2, fresh2, w.before[0], 0.0, {"weight_decay": (keep - 1) * w.values})


def _irprop_minus(c: Values, w: Weights) -> Linear:
    # The first slot is the gradient, or 0 where there is no step.
    return Linear(_over(w.after[1] * np.sign(w.after[0]), w.gradients))


def _rprop(c: Values, w: Weights) -> Linear:
    turned = np.sign(w.gradients) * np.sign(w.before[0]) < 0
    return _irprop_minus(c, w)._replace(beside={"taken_back": np.where(turned, w.after[2], 0.0)})


def _lamb(c: Values, w: Weights) -> Linear:
    rate, step, decay, b1, fresh1, _, _, correction, epsilon = c[:9]
    scale = rate * w.trust * step / (np.sqrt(w.after[1]) * correction + epsilon)
    return _remembering(scale, b1, fresh1, w.before[0], weight_decay=-rate * w.trust * decay * w.values)


_RULES: dict[int, Callable[[Values, Weights], Linear]] = {
    codes.SGD: _sgd,
    codes.MOMENTUM: _momentum,
    codes.RMSPROP: _rmsprop,
    codes.RMSPROP_MOMENTUM: _rmsprop_momentum,
    codes.ADAM: _adam,
    codes.ADAGRAD: _adagrad,
    codes.ADADELTA: _adadelta,
    codes.ADAMAX: _adamax,
    codes.NADAM: _nadam,
    codes.RADAM: _radam,
    codes.AMSGRAD: _amsgrad,
    codes.LION: _lion,
    codes.RPROP: _rprop,
    codes.IRPROP_MINUS: _irprop_minus,
    codes.LAMB: _lamb,
}
_BY_GRADIENTS = {codes.LION, codes.RPROP, codes.IRPROP_MINUS}
