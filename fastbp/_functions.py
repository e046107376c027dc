"""Functions of numbers that users write: whether one is the derivative of another, and by what name another process finds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np

from fastbp._typing import Array

Function: TypeAlias = Callable[..., Any]

# How far a slope may be from its central difference, and at which share of all places it may be further, where there may be a kink.
_TOLERANCE, _KINKS = 1e-5, 0.04


def check_functions(**given: object) -> None:
    """Raise TypeError for what is no function of Python's, nor one that Numba has compiled."""
    for argument, function in given.items():
        if not hasattr(getattr(function, "py_func", function), "__code__"):
            raise TypeError(f"{argument} is {function!r}; expected a Python function of numbers")


def of_numbers(function: Function, argument: str, *numbers: Array) -> Array:
    """The function of each number, or of each pair, as an array like the first."""
    try:
        values = [float(function(*map(float, each))) for each in zip(*map(np.ravel, numbers), strict=True)]
    except Exception as error:
        what = "a number" if len(numbers) == 1 else f"{len(numbers)} numbers"
        raise TypeError(f"{argument} is no function of {what}: it raises {type(error).__name__}: {error}") from error
    return np.array(values).reshape(np.shape(numbers[0]))


def check_slopes(found: Array, expected: Array, calls: Sequence[str]) -> None:
    """Raise ValueError unless slopes are central differences, but at a few places; `calls` says what gave each."""
    wrong = np.flatnonzero(~(np.abs(found - expected) <= _TOLERANCE * (1 + np.abs(expected))))
    if wrong.size > _KINKS * found.size:
        first = wrong[0]
        raise ValueError(
            f"{calls[first]} is {found[first]:.6g}, and value rises by {expected[first]:.6g} for each unit there; "
            f"they differ at {wrong.size} of {found.size} places"
        )


def path_of(function: Function, argument: str) -> str:
    """The module and the name of a function; ValueError where another process could not import it by these."""
    module, name = function.__module__, function.__qualname__
    path = f"{module}:{name}"
    if module == "__main__" or "<" in name or imported(path) is not function:
        raise ValueError(
            f"{argument} is the function {name} of {module}, which another process cannot import, and a file holds its name alone: "
            "put it at the top of a module of its own"
        )
    return path


def imported(path: str) -> Function:
    """The function of a module and a name; ValueError where there is none."""
    module, _, name = path.partition(":")
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"it needs the function {name} of the module {module}, which cannot be imported: {error}") from error
    function: Function = found
    return function


class OfFunctions:
    """What activations and losses have in common that are two functions of the user's: what they are in files and copies, and as text.

    Kernels know them by a code that the process gives.
    """

    name: ClassVar[str]
    value: Function
    derivative: Function

    def _take(self, registry: dict[int, tuple[Function, Function]], first: int, step: int) -> None:
        """Have the code of these functions in a registry, whose codes are `first` and every `step` after it."""
        functions = self.value, self.derivative
        known = {each: code for code, each in registry.items()}
        code = known.get(functions, first + step * len(known))
        registry[code] = functions
        vars(self).update(code=code)

    @property
    def others(self) -> dict[str, Any]:
        """What it was made with beside the functions."""
        return {}

    @property
    def settings(self) -> dict[str, Any]:
        """None that a kernel would get."""
        return {}

    def described(self) -> dict[str, Any]:
        """The functions by their modules and names; ValueError where they cannot be imported by these."""
        paths = {argument: path_of(vars(self)[argument], argument) for argument in ("value", "derivative")}
        return {"name": self.name, **paths, **self.others}

    @classmethod
    def from_description(cls, **settings: Any) -> Self:
        """What `described` gave; ValueError where a function is not to be had here."""
        functions = {argument: imported(settings.pop(argument)) for argument in ("value", "derivative")}
        make: Any = cls
        made: Self = make(**functions, **settings)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        # Codes are those of a process.
        make: Any = type(self)
        return partial(make, self.value, self.derivative, **self.others), ()

    def __str__(self) -> str:
        return getattr(self.value, "__name__", self.name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self)["code"] == vars(other)["code"]

    def __hash__(self) -> int:
        return hash((type(self), vars(self)["code"]))
