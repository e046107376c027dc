"""What a worker asks of a peer.

To add one: a module here beside, with a class that trains (`Peer`), is called (`Caller`), or both, and its line in the lists of
`benchmarks.comparison`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.comparison.task import Task


class UnsuitableError(Exception):
    """The peer cannot do this for this net, or not here; says why."""


class Peer(ABC):
    """A library that trains one net. It is imported by the methods: asv, which imports every file, does without.

    Parameters
    ----------
    task : Task
    X : ndarray of the task's element type, (rows, inputs)
    y : ndarray, int64 labels (rows,) or targets (rows, outputs) of that type
    weights : list of (W, b)
        To start from.
    """

    @abstractmethod
    def __init__(self, task: Task, X: np.ndarray, y: np.ndarray, weights: list[tuple[np.ndarray, np.ndarray]]) -> None: ...

    @abstractmethod
    def first_steps(self) -> Iterator[float]:
        """Make three steps on the first batch, starting from the given weights; yield the loss before each."""

    @abstractmethod
    def train(self, epochs: int) -> tuple[int, float]:
        """Train on shuffled batches for `epochs` epochs, or somewhat more; give the number of steps and the latest loss."""


class Caller(ABC):
    """A library whose single calls are timed; built of what a `Peer` is, on one net.

    A method gives functions without arguments, by the name of their column: what they are given lies ready. Peers that train have
    ``step_calls``, too, whose functions make one update on all rows and give the loss before it.
    """

    @abstractmethod
    def predict_calls(self) -> dict[str, Callable[[], object]]:
        """Functions that give the outputs of all rows."""
