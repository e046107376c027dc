"""What plain functions of a number may call, for vectors: where a user's own function is compiled, these take whole vectors at a time."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from fastbp.kernels.lanes import elementary
from fastbp.kernels.lanes.vector import Mask, Vector, absolute, select, sqrt


def _for_vectors(functions: tuple[Any, ...], implementation: Any) -> None:
    """Let calls of these functions of one number take vectors."""

    def choose(x: Any) -> Any:
        return (lambda x: implementation(x)) if isinstance(x, Vector) else None

    for function in functions:
        overload(function, strict=False)(choose)


def _of_two(implementation: Any) -> Callable[[Any, Any], Any]:
    return lambda a, b: implementation if isinstance(a, Vector) or isinstance(b, Vector) else None


_for_vectors((math.exp, np.exp), elementary.exp)
_for_vectors((math.tanh, np.tanh), elementary.tanh)
_for_vectors((math.sqrt, np.sqrt), sqrt)
_for_vectors((math.fabs, np.abs, abs), absolute)


@overload(np.where, strict=False)
def _where(condition: Any, x: Any, y: Any) -> Any:
    return (lambda condition, x, y: select(condition, x, y)) if isinstance(condition, Mask) else None


# NumPy's are NaN where either is.
@overload(np.maximum, strict=False)
def _maximum(x1: Any, x2: Any) -> Any:
    if isinstance(x1, Vector):
        return lambda x1, x2: select(x1 == x1, select(x1 > x2, x1, x2), x1)
    return (lambda x1, x2: select(x1 > x2, x1, x2)) if isinstance(x2, Vector) else None


@overload(np.minimum, strict=False)
def _minimum(x1: Any, x2: Any) -> Any:
    if isinstance(x1, Vector):
        return lambda x1, x2: select(x1 == x1, select(x1 < x2, x1, x2), x1)
    return (lambda x1, x2: select(x1 < x2, x1, x2)) if isinstance(x2, Vector) else None


# Python's keep the first unless the second is beyond it, and so NaN in the first.
overload(max)(_of_two(lambda a, b: select(b > a, b, a)))
overload(min)(_of_two(lambda a, b: select(b < a, b, a)))


@overload(operator.pow, strict=False)
def _power(x: Any, n: Any) -> Any:
    """A whole power, by multiplications."""
    return _whole_power if isinstance(x, Vector) and isinstance(n, types.Integer) else None


def _whole_power(x: Any, n: Any) -> Any:
    product = select(x == x, 1, x)
    for _ in range(abs(n)):
        product = product * x
    return product if n >= 0 else 1 / product
