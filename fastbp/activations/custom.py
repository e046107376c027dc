"""An activation of the user's own."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from fastbp._functions import Function, check_functions, check_slopes, imported, of_numbers, path_of
from fastbp._typing import Array
from fastbp.activations.base import Activation
from fastbp.kernels.codes import OWN_ACTIVATION, OWN_ACTIVATIONS

# Logits to compare the derivative at, none of them where a kink is likely.
_LOGITS = np.linspace(-5.03, 5.07, 102)
_STEP = 1e-4


class CustomActivation(Activation):
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
        known = {functions: code for code, functions in OWN_ACTIVATIONS.items()}
        code = known.get((value, derivative), OWN_ACTIVATION + len(known))
        OWN_ACTIVATIONS[code] = value, derivative
        vars(self).update(code=code)

    value: Function
    derivative: Function

    def _check_derivative(self) -> None:
        with np.errstate(all="ignore"):
            found = self.reference_derivative(_LOGITS)
            expected = (self.reference(_LOGITS + _STEP) - self.reference(_LOGITS - _STEP)) / (2 * _STEP)
        check_slopes(found, expected, [f"derivative({z:.4g})" for z in _LOGITS])

    @property
    def settings(self) -> dict[str, float]:
        """None that a kernel would get."""
        return {}

    def described(self) -> dict[str, Any]:
        """The functions by their modules and names; ValueError where they cannot be imported by these."""
        paths = {argument: path_of(vars(self)[argument], argument) for argument in ("value", "derivative")}
        return {"name": self.name, **paths, "initializer": self.initializer}

    @classmethod
    def from_description(cls, **settings: Any) -> Self:
        """What `described` gave; ValueError where a function is not to be had here."""
        return cls(imported(settings["value"]), imported(settings["derivative"]), initializer=settings["initializer"])

    def reference(self, z: Array) -> Array:
        """The function itself, number by number."""
        return of_numbers(self.value, "value", z)

    def reference_derivative(self, z: Array) -> Array:
        """Likewise."""
        return of_numbers(self.derivative, "derivative", z)

    def __reduce__(self) -> tuple[Any, ...]:
        # Codes are those of a process.
        return _rebuilt, (self.value, self.derivative, self.initializer)

    def __str__(self) -> str:
        return getattr(self.value, "__name__", self.name)

    def __repr__(self) -> str:
        return f"CustomActivation({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CustomActivation) and self.code == other.code

    def __hash__(self) -> int:
        return hash((type(self), self.code))


def _rebuilt(value: Function, derivative: Function, initializer: str) -> CustomActivation:
    return CustomActivation(value, derivative, initializer=initializer)
