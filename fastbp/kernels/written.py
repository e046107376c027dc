"""Functions of numbers that users have written, as building blocks of kernels."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from numba import types
from numba.core.errors import NumbaError

from fastbp.compiling.jit import DISABLED, scalar
from fastbp.kernels.lanes import mathematics  # noqa: F401  # what the functions may call
from fastbp.kernels.lanes.vector import Vector, select


def building_block_of(function: Any) -> Any:
    """A building block of the function, which stays as it is."""
    given = getattr(function, "py_func", function)
    copy = FunctionType(given.__code__, given.__globals__, given.__name__, given.__defaults__, given.__closure__)
    return scalar(copy)


def take_vectors(functions: list[Any], count: int) -> bool:
    """Whether building blocks of so many arguments can all be compiled for vectors: not those that branch."""
    return not DISABLED and all(_takes_vectors(function, count) for function in functions)


def of_vectors(function: Any) -> Any:
    """The building block of whole vectors; a vector even where the function gives the same number for all."""

    @scalar
    def vectors(first: Any, *others: Any) -> Any:
        found = function(first, *others)
        return select(first == first, found, found)

    return vectors


def check_numbers(function: Any, argument: str, count: int) -> None:
    """Raise TypeError for a building block that cannot be compiled for numbers either."""
    if not DISABLED:
        try:
            _result(function, types.float64, count)
        except NumbaError as error:
            raise TypeError(
                f"{argument} can be compiled neither for vectors nor for numbers, of which each branch must give one; "
                "np.where is for functions that do not branch"
            ) from error


def _takes_vectors(function: Any, count: int) -> bool:
    kind = Vector(types.float32)
    try:
        result = _result(function, kind, count)
    except NumbaError:
        return False
    return bool(result == kind) or isinstance(result, types.Number)


def _result(function: Any, kind: Any, count: int) -> Any:
    """The type of what a function gives for arguments of a type."""
    function.compile((kind,) * count)
    return function.overloads[(kind,) * count].signature.return_type
