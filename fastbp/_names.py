"""Errors that name the nearest thing the user may have meant, and checks of single numbers."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

Value = TypeVar("Value")


def lookup(name: object, table: Mapping[str, Value], argument: str, others: Mapping[str, str] | None = None) -> Value:
    """``table[name]``, or an error that lists the table and the nearest name in it.

    `others` holds what other libraries call entries of the table, in small letters without underscores.
    """
    if not isinstance(name, str):
        raise TypeError(f"{argument} is {name!r} of type {type(name).__name__}; expected one of {', '.join(table)}")
    if name in table:
        return table[name]
    spelt = plain(name)
    ours = {plain(each): each for each in table}.get(spelt) or (others or {}).get(spelt)
    if ours in table:
        raise ValueError(f"{argument}={name!r} is called {ours!r} here")
    near = nearest(name.lower(), table, 0.5)
    hint = f" Did you mean {near!r}?" if near else ""
    raise ValueError(f"{argument}={name!r} is not known; expected one of {', '.join(table)}.{hint}")


def plain(name: str) -> str:
    """A name in small letters without what may stand between its words."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The one of `names` of the same letters, or else that is spelt most like `name`, if any is by so much."""
    import difflib

    known = list(names)
    same = [each for each in known if sorted(each) == sorted(name)]
    return next(iter(same or difflib.get_close_matches(name, known, n=1, cutoff=cutoff)), None)


def integer(value: object, argument: str, *, least: int) -> int:
    """`value` as an int of at least `least`; bools and fractions are refused."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"{argument} is {value!r} of type {type(value).__name__}; expected an integer of at least {least}")
    if number < least:
        raise ValueError(f"{argument} is {number}; expected an integer of at least {least}")
    return number


def real(value: object, argument: str, *, least: float = 0.0, below: float = math.inf, exclusive: bool = False) -> float:
    """`value` as a finite float in [least, below), or in (least, below) when `exclusive`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{argument} is {value!r} of type {type(value).__name__}; expected a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if abs(value) == value else -math.inf
    if not math.isfinite(number) or number < least or number >= below or (exclusive and number == least):
        opening = "(" if exclusive else "["
        raise ValueError(f"{argument} is {number}; expected a number in {opening}{least:g}, {below:g})")
    return number


def flag(value: object, argument: str) -> bool:
    """`value` as a bool, and nothing that merely converts to one."""
    if value is True or value is False or type(value).__name__ == "bool":
        return bool(value)
    raise TypeError(f"{argument} is {value!r} of type {type(value).__name__}; expected True or False")


def counted(number: int, what: str, several: str = "") -> str:
    """So many of something: "1 output", "2,000 rows"; `several` where that does not end with s alone."""
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def python_number(value: Any) -> Any:
    """A number of NumPy's types as one of Python's, which files hold; anything else as it is."""
    return value.item() if hasattr(value, "dtype") and hasattr(value, "item") else value
