"""Attributes of the trainer that are its run's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Held(Generic[T]):
    """An attribute of the trainer that its run holds; assigned, it is checked, or refused where there is no `check`."""

    def __init__(self, check: Callable[[Any], T] | None = None) -> None:
        #: As of a property: `Fixed` refuses an assignment where there is none.
        self.fset = check

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, trainer: Any, owner: type[Any]) -> T:
        # The class itself is asked by tools for documentation.
        return cast(T, self if trainer is None else getattr(trainer.run, self._name))

    def __set__(self, trainer: Any, given: Any) -> None:
        assert self.fset is not None
        setattr(trainer.run, self._name, self.fset(given))
