"""Which parameters each process updates, and so which part of the optimizer's memory it has."""

from __future__ import annotations

from fastbp.kernels.lanes.sizes import PIECE
from fastbp.kernels.portions import Span
from fastbp.training.sharded import share


def spans_of(size: int, processes: int) -> list[Span]:
    """For each process whole blocks of the parameters, about as many; of few parameters some processes have none."""
    blocks = -(-size // PIECE)
    parts = [share(blocks, rank, processes) for rank in range(processes)]
    return [Span(min(size, part.begin * PIECE), min(size, part.end * PIECE)) for part in parts]
