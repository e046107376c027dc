"""Into how many shards a batch is cut, and which processes there are to compute them: what may be asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod

from fastbp.between import Between
from fastbp.kernels.codes import BATCH_NORM


class Processes(ABC):
    """Base of what a trainer may have as `distributed`: which processes train together."""

    @property
    @abstractmethod
    def is_first(self) -> bool:
        """Whether this one writes files, and calls callbacks."""


def check_shards(shards: int, between: Between, distributed: Processes | None) -> None:
    """Raise ValueError where batches cannot be cut into shards, or are to be shared and are not cut."""
    if shards > 1 and between.code == BATCH_NORM:
        raise ValueError(
            f"shards is {shards} and the model has batch normalization, whose means are of the whole batch; "
            "expected normalization='layer' or None, or shards=1"
        )
    if distributed is not None and shards == 1:
        raise ValueError("distributed is given and shards is 1; expected shards=8, say: what each batch is cut into")


def check_distributed(given: object) -> Processes | None:
    """`given` as processes, or None; TypeError for anything else."""
    if given is None or isinstance(given, Processes):
        return given
    name = f"the class {given.__name__}" if isinstance(given, type) else f"{given!r} of type {type(given).__name__}"
    raise TypeError(f"distributed is {name}; expected fastbp.MPI() or None")
