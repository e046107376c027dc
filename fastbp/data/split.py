"""Which rows of a data set are kept for validation."""

from __future__ import annotations

import math

import numpy as np

from fastbp._names import real
from fastbp._random import VALIDATION_ROWS, generator
from fastbp._typing import NDArray

Places = NDArray[np.int64]


def split(share: object, rows: int, groups: Places | None, seed: int) -> tuple[Places, Places]:
    """The rows for training and those for validation, drawn by `seed`, each in the order in which they lie.

    `share` of them, rounded up, are for validation, as in scikit-learn. Of each of the `groups`, numbers of classes from 0 on, it is as
    near to its share as whole rows are, but one row of each stays for training. ValueError where one of the parts would be empty.
    """
    wanted = math.ceil(real(share, "validation_split", below=1, exclusive=True) * rows)
    groups = np.zeros(rows, np.int64) if groups is None else groups
    places = generator(seed, VALIDATION_ROWS, 0).permutation(rows)
    # The rows of each group one after the other, in the order drawn, and which of its group each is.
    places = places[np.argsort(groups[places], kind="stable")]
    sizes = np.bincount(groups)
    rank = np.arange(rows) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    of_validation = rank < np.repeat(_seats(wanted, sizes), sizes)
    if of_validation.all() or not of_validation.any():
        what = "training" if of_validation.all() else "validation"
        of_classes = ", and one of each class is for training" if sizes.size > 1 else ""
        raise ValueError(f"validation_split={share} leaves no rows for {what}: there are {rows}{of_classes}")
    return np.sort(places[~of_validation]), np.sort(places[of_validation])


def _seats(wanted: int, sizes: Places) -> Places:
    """How many rows of each group are for validation: in proportion, the rest to the largest remainders."""
    exact = wanted * sizes / sizes.sum()
    most = sizes - 1 if sizes.size > 1 else sizes
    seats: Places = np.minimum(exact.astype(np.int64), most)
    order = np.argsort(seats - exact, kind="stable")
    # Once, but where classes of a row or two leave their share to others.
    while seats.sum() < min(wanted, most.sum()):
        room = order[seats[order] < most[order]]
        seats[room[: wanted - seats.sum()]] += 1
    return seats
