"""An activation that a user has written as two functions of a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastbp.compiling.jit import naming, scalar
from fastbp.kernels.curves.add import add_by_logit, add_one_by_one
from fastbp.kernels.written import building_block_of, check_numbers, of_vectors, take_vectors


def add_own(code: int, value: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> None:
    """Take whole vectors where both functions can be compiled for these; else, as where they branch, one number after the other."""
    with naming(f"own_{code}"):
        functions = [building_block_of(function) for function in (value, derivative)]
        if take_vectors(functions, 1):
            act, slope = map(of_vectors, functions)
            add_by_logit(code, scalar(lambda z, settings: act(z)), scalar(lambda z, settings: slope(z)), kept=False)
            return
    for function, argument in zip(functions, ("value", "derivative"), strict=True):
        check_numbers(function, f"{argument} of the activation", 1)
    add_one_by_one(code, *functions)
