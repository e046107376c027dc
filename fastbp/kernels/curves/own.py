"""An activation that a user has written as two functions of a number."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from numba import types
from numba.core.errors import NumbaError

from fastbp.compiling.jit import DISABLED, naming, scalar
from fastbp.kernels.curves.add import add_by_logit, add_one_by_one
from fastbp.kernels.lanes import mathematics  # noqa: F401  # what the functions may call
from fastbp.kernels.lanes.vector import Vector, select


def add_own(code: int, value: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> None:
    """Take whole vectors where both functions can be compiled for these; else, as where they branch, one number after the other."""
    with naming(f"own_{code}"):
        functions = [_compiled(function) for function in (value, derivative)]
        if not DISABLED and all(_takes_vectors(function) for function in functions):
            act, slope = (_of_vectors(function) for function in functions)
            add_by_logit(code, act, slope, kept=False)
            return
    for function, argument in zip(functions, ("value", "derivative"), strict=True):
        _check_numbers(function, argument)
    add_one_by_one(code, *functions)


def _compiled(function: Any) -> Any:
    """A building block of the function, which stays as it is."""
    given = getattr(function, "py_func", function)
    copy = FunctionType(given.__code__, given.__globals__, given.__name__, given.__defaults__, given.__closure__)
    return scalar(copy)


def _of_vectors(function: Any) -> Any:
    @scalar
    def of_vectors(z: Any, settings: Any) -> Any:
        found = function(z)
        # A vector, where the function gives the same number for all.
        return select(z == z, found, found)

    return of_vectors


def _takes_vectors(function: Any) -> bool:
    kind = Vector(types.float32)
    try:
        return _result(function, kind) == kind or isinstance(_result(function, kind), types.Number)
    except NumbaError:
        return False


def _check_numbers(function: Any, argument: str) -> None:
    if not DISABLED:
        try:
            _result(function, types.float64)
        except NumbaError as error:
            raise TypeError(
                f"{argument} of the activation can be compiled neither for vectors nor for numbers, of which each branch must give one; "
                "np.where is for functions that do not branch"
            ) from error


def _result(function: Any, kind: Any) -> Any:
    """The type of what a function gives for an argument of a type."""
    function.compile((kind,))
    return function.overloads[kind,].signature.return_type
