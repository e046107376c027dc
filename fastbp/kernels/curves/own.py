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
from fastbp.kernels.lanes.vector import Vector


def add_own(code: int, value: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> None:
    """Take whole vectors where both functions can be compiled for these; else, as where they branch, one number after the other."""
    with naming(f"own_{code}"):
        functions = [building_block_of(function) for function in (value, derivative)]
    if not DISABLED and all(takes_vectors(function) for function in functions):
        act, slope = functions
        with naming(f"own_{code}"):
            add_by_logit(code, scalar(lambda z, settings: act(z)), scalar(lambda z, settings: slope(z)), kept=False)
    else:
        add_one_by_one(code, *functions)


def building_block_of(function: Any) -> Any:
    """A building block of the function, which stays as it is."""
    given = getattr(function, "py_func", function)
    copy = FunctionType(given.__code__, given.__globals__, given.__name__, given.__defaults__, given.__closure__)
    return scalar(copy)


def takes_vectors(function: Any, count: int = 1) -> bool:
    """Whether a building block of so many arguments can be compiled for vectors, and gives one."""
    try:
        kind = Vector(types.float32)
        function.compile((kind,) * count)
        return bool(function.overloads[(kind,) * count].signature.return_type == kind)
    except NumbaError:
        return False
