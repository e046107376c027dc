"""An activation of the user's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastbp._functions import Function, OfFunctions, check_functions, check_slopes, of_numbers
from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels.codes import OWN_ACTIVATION, OWN_ACTIVATIONS

# Logits to compare the derivative at, none of them where a kink is likely.
_LOGITS = np.linspace(-5.03, 5.07, 102)
_STEP = 1e-4


class CustomActivation(OfFunctions, Activation):
    """a = value(z), a' = derivative(z), from two functions of a number.

    They are compiled with Numba. Those made of arithmetic, whole powers, comparisons, ``np.where``, ``max``, ``min``, ``abs``, ``exp``,
    ``tanh`` and ``sqrt``, without branches, compute a whole vector at a time, as fast as fastbp's own; the others one number after the
    other.

    Parameters
    ----------
    value, derivative : function
        Of z, a float, both.
    initializer : str, default "glorot_uniform"
        What ``init="auto"`` stands for in a layer of this activation.

    Raises
    ------
    TypeError, ValueError
        When one is no function of a number, or the derivative is not that of the value: at 102 places between -5 and 5 it is compared with
        central differences, and may differ at a few of them, where there may be a kink.

    Notes
    -----
    A model file holds the names of the functions and of their modules. So they must be importable for a model to be saved: no lambdas, no
    functions within functions, and none of the script that is run.

    Examples
    --------
    >>> import fastbp
    >>> squared_relu = fastbp.CustomActivation(lambda z: max(z, 0.0) ** 2, lambda z: 2 * max(z, 0.0))
    >>> fastbp.MLP([4, 8, 2], activation=squared_relu, seed=0).n_parameters
    58
    """

    name = "custom"
    needs_z = True

    def __init__(self, value: Function, derivative: Function, *, initializer: str = "glorot_uniform") -> None:
        check_functions(value=value, derivative=derivative)
        vars(self).update(value=value, derivative=derivative, initializer=initializer)
        self._check_derivative()
        self._take(OWN_ACTIVATIONS, OWN_ACTIVATION, 1)

    def _check_derivative(self) -> None:
        with np.errstate(all="ignore"):
            found = self.reference_derivative(_LOGITS)
            expected = (self.reference(_LOGITS + _STEP) - self.reference(_LOGITS - _STEP)) / (2 * _STEP)
        check_slopes(found, expected, [f"derivative({z:.4g})" for z in _LOGITS])

    @property
    def others(self) -> dict[str, Any]:
        """The initialiser."""
        return {"initializer": self.initializer}

    def reference(self, z: Array) -> Array:
        """The function itself, number by number."""
        return of_numbers(self.value, "value", z)

    def reference_derivative(self, z: Array) -> Array:
        """Likewise."""
        return of_numbers(self.derivative, "derivative", z)
