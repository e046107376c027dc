"""Which rows are for training, and which are held out: drawn once for all models that are to be compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastbp._names import integer
from fastbp._random import VALIDATION_ROWS, as_seed, generator
from fastbp._table import attribute
from fastbp.together.shared import Places, Shared, check_places
from fastbp.trainer import Trainer
from fastbp.training.sets import told_of

# The first stream of random numbers for validation rows is that of `validation_split`.
_FOLDS = 1


def groups_of(trainer: Trainer, data: Shared) -> tuple[int, Places | None]:
    """How many rows there are, and the class of each, where the targets are classes."""
    rows = trainer.run.check(data.of(trainer.model)[0], data.y)
    return rows.n_rows, trainer.run.targets.groups(rows.targets)


def draw_part(trainer: Trainer, data: Shared, share: float, seed: Any) -> tuple[Places, Places]:
    """The rows for training, and a share for validation, of each class in proportion."""
    n_rows, groups = groups_of(trainer, data)
    with told_of("validation_split: "):
        parts: tuple[Places, Places] = attribute("fastbp.data.split", "split")(share, n_rows, groups, as_seed(seed))
    return parts


def check_folds(given: Any, trainer: Trainer, data: Shared, seed: Any) -> list[tuple[Places, Places]]:
    """Rows for training and rows held out, for each fold: given, as of scikit-learn's ``split``, or drawn, so many.

    Of those drawn each row is held out once; sizes, and the rows of each class in them, differ by one at most.
    """
    n_rows, groups = groups_of(trainer, data)
    if isinstance(given, Iterable):
        return _given(given, n_rows)
    count = integer(given, "folds", least=2)
    if count > n_rows:
        raise ValueError(f"folds is {count}; there are {n_rows} rows")
    places = generator(as_seed(seed), VALIDATION_ROWS, _FOLDS).permutation(n_rows)
    if groups is not None:
        places = places[np.argsort(groups[places], kind="stable")]
    # One row after the other is dealt out, those of a class one after the other.
    fold = np.empty(n_rows, np.int64)
    fold[places] = np.arange(n_rows) % count
    return [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(count)]


def _given(folds: Iterable[Any], n_rows: int) -> list[tuple[Places, Places]]:
    found = []
    for i, pair in enumerate(folds):
        if isinstance(pair, str) or not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"folds[{i}] is of type {type(pair).__name__}; expected two arrays: rows for training, and rows held out")
        training, held_out = (check_places(part, f"folds[{i}][{j}]", n_rows) for j, part in enumerate(pair))
        if training is None or held_out is None:
            raise TypeError(f"folds[{i}] holds None; expected two arrays: rows for training, and rows held out")
        found.append((training, held_out))
    if not found:
        raise ValueError("folds is empty; expected at least one")
    return found
