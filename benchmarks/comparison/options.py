"""What the command lines of the comparisons take: how a text is read, or refused by name."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_count(text: str) -> int:
    """As many threads as there are cores, or fewer."""
    number = count(text)
    if number > CORES:
        raise ArgumentTypeError(f"{number}, but there are {CORES} cores")
    return number


def thread_counts(text: str) -> list[int]:
    """Such numbers, with commas between them."""
    return [thread_count(part) for part in text.split(",")]


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r}; expected a whole number from 1 on")
    return int(text)


def seconds(text: str) -> float:
    """A number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r}; expected a number of seconds above 0")
    return number


def names_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    """A reader of some of the known names, with commas between them; gives them in the order of `known`."""
    every = list(known)

    def read(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in every:
                raise ArgumentTypeError(f"{name!r}; expected some of {','.join(every)}")
        return [name for name in every if name in names]

    return read
