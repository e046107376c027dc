"""Into how many shards a batch is cut, and which processes there are to compute them: what may be asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Processes(ABC):
    """Base of what a trainer may have as `distributed`: which processes train together."""

    #: "all": each is given all rows; "own": a part of them.
    rows: str = "all"
    #: Seconds of silence after which one of them is lost; None: it is waited for.
    timeout: float | None = None

    @property
    @abstractmethod
    def is_first(self) -> bool:
        """Whether this one writes files, and calls callbacks."""


def check_shards(shards: int, distributed: Processes | None) -> None:
    """Raise ValueError where batches are to be shared and are not cut."""
    if distributed is not None and shards == 1:
        raise ValueError("distributed is given and shards is 1; expected shards=8, say: what each batch is cut into")


def check_whole_steps(shards: int) -> None:
    """Raise ValueError where steps leave the numbers of their last shard alone, for who looks at those of the batch."""
    if shards > 1:
        raise ValueError(f"shards is {shards}: of a step in shards the numbers of the last one alone are left; leave it 1")


def check_distributed(given: object) -> Processes | None:
    """`given` as processes, or None; TypeError for anything else."""
    if given is None or isinstance(given, Processes):
        return given
    name = f"the class {given.__name__}" if isinstance(given, type) else f"{given!r} of type {type(given).__name__}"
    raise TypeError(f"distributed is {name}; expected fastbp.MPI() or None")
