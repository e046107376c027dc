"""One compiled function for all codes of a table: activations, losses and optimizers are chosen by these while a kernel runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastbp.compiling.jit import inlined, scalar

# Cases that one function tells apart. A function for each case, calling the next, took a second more to compile in all.
_CASES = 6


def by_code(cases: Mapping[int, Any], otherwise: Any) -> Any:
    """A compiled function of a code and of whatever the compiled functions `cases` take, which calls the one of that code.

    Where there is none it calls `otherwise`, with the code.
    """
    pairs = list(cases.items())
    if len(pairs) > _CASES:
        otherwise = by_code(dict(pairs[_CASES:]), otherwise)
    # A code that comes twice is met the first time.
    pairs = pairs[:_CASES] + pairs[:1] * (_CASES - len(pairs))
    (first, act_1), (second, act_2), (third, act_3), (fourth, act_4), (fifth, act_5), (sixth, act_6) = pairs

    @inlined
    def choose(code: int, *arguments: Any) -> Any:
        if code == first:
            return act_1(*arguments)
        if code == second:
            return act_2(*arguments)
        if code == third:
            return act_3(*arguments)
        if code == fourth:
            return act_4(*arguments)
        if code == fifth:
            return act_5(*arguments)
        if code == sixth:
            return act_6(*arguments)
        return otherwise(code, *arguments)

    return choose


def one_of(codes: Iterable[int]) -> Any:
    """A compiled function that tells whether a code is one of these."""
    return by_code(dict.fromkeys(codes, _yes), _no)


@scalar
def _yes() -> bool:
    return True


@scalar
def _no(code: int) -> bool:
    return False
