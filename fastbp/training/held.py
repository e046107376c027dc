"""Attributes of the trainer that are its run's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from fastbp._fixed import Fixed
from fastbp._names import flag, integer
from fastbp._random import as_seed
from fastbp.averages import Average
from fastbp.data.labels import ClassWeight
from fastbp.losses import Loss
from fastbp.mlp import MLP
from fastbp.processors.threads import check_threads
from fastbp.solvers import Method, as_method
from fastbp.training.history import History
from fastbp.training.run import Run
from fastbp.training.shards import Processes

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


def check_batch_size(given: object) -> int | None:
    """`given` as a number of rows, or None."""
    return None if given is None else integer(given, "batch_size", least=1)


class HeldByRun(Fixed):
    """Base of the trainer: what it shows of its run."""

    run: Run

    loss = Held[Loss]()
    optimizer = Held[Method](as_method)
    batch_size = Held[int | None](check_batch_size)
    shuffle = Held[bool](lambda given: flag(given, "shuffle"))
    seed = Held[int](as_seed)
    threads = Held[int | None](check_threads)
    precision = Held[str]()
    missing_targets = Held[str]()
    class_weight = Held[ClassWeight]()
    average = Held[Average | None]()
    accumulate = Held[int]()
    mixup = Held[float]()
    shards = Held[int]()
    distributed = Held[Processes | None]()
    model = Held[MLP]()
    history = Held[History]()
    epoch = Held[int]()
    steps = Held[int]()
