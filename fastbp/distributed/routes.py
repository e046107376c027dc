"""Which rows each process needs for some steps, and the same steps where these rows have been brought to it."""

from __future__ import annotations

import numpy as np

from fastbp._typing import NDArray
from fastbp.training.sharded import Steps, share

Places = NDArray[np.int64]


def places_of(steps: Steps, shards: int, processes: int) -> list[Places]:
    """For each process the places in the order that its shards have, over all steps."""
    begins: dict[int, list[int]] = {}
    for batch in dict.fromkeys(map(steps.rows, range(steps.updates))):
        begins.setdefault(batch.end - batch.begin, []).append(batch.begin)
    found = []
    for rank in range(processes):
        parts = [np.empty(0, np.int64)]
        for n_rows, each in begins.items():
            cut = min(shards, n_rows)
            own = share(cut, rank, processes)
            within = np.arange(share(n_rows, own.begin, cut).begin, share(n_rows, own.end, cut).begin)
            parts.append((np.array(each)[:, np.newaxis] + within).reshape(-1))
        found.append(np.concatenate(parts))
    return found


def rows_at(steps: Steps, places: Places) -> Places:
    """The rows in these places of the order, then those that they are mixed with."""
    mixed = () if steps.mixture is None else (steps.mixture.partners[places],)
    return np.concatenate([steps.order[places], *mixed])


def moved(steps: Steps, places: Places, to: Places) -> Steps:
    """The steps where the rows that `rows_at` gives have other numbers."""
    # Of an order of very many rows only these places become memory.
    order, mixture = np.zeros(steps.order.size, np.int64), steps.mixture
    order[places] = to[: places.size]
    if mixture is not None:
        partners = np.zeros(order.size, np.int64)
        partners[places] = to[places.size :]
        mixture = mixture._replace(partners=partners)
    return steps._replace(order=order, mixture=mixture)
