"""Frames of pandas and of polars, known by what they can do: their numbers, and the names of their columns. Neither library is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from fastbp._typing import Array

#: Names of columns; None where there are none, or none that tell columns apart.
Names: TypeAlias = tuple[str, ...] | None

# So many names are listed in a message.
_LISTED = 3


def is_frame(given: object) -> bool:
    """Whether `given` is a table with named columns. The class is asked: an attribute of a lazy frame may cost a query."""
    return not isinstance(given, np.ndarray) and all(hasattr(type(given), name) for name in ("columns", "dtypes", "to_numpy"))


def names_of(given: object) -> Names:
    """The names of a frame's columns, when all are strings and none comes twice."""
    names = _strings(given)
    return None if names is None or len(set(names)) < len(names) else names


def by_names(given: Any, names: Names, argument: str) -> Any:
    """The columns of a frame with names, in the order of `names`; anything else as it is. ValueError for other names."""
    if names is None or type(given) is np.ndarray:
        return given
    own = _strings(given)
    if own is None or own == names:
        return given
    missing, unexpected = list((Counter(names) - Counter(own)).elements()), list((Counter(own) - Counter(names)).elements())
    if missing or unexpected:
        told = [f"{what} {_listed(these)}" for what, these in (("missing", missing), ("unexpected", unexpected)) if these]
        raise ValueError(f"{argument} has other columns than those the model was trained on (model.feature_names): {', '.join(told)}")
    return given[list(names)]


def numbers_in(given: Any) -> Array:
    """`given` as an array; columns of pandas that hold several kinds of numbers, or missing ones, as numbers and not as Python objects."""
    kinds = getattr(given, "dtypes", getattr(given, "dtype", None))
    kinds = set(kinds) if isinstance(kinds, Iterable) else {kinds}
    if all(getattr(kind, "kind", "O") in "fiub" for kind in kinds):
        if any(hasattr(kind, "na_value") for kind in kinds):
            return np.asarray(given.to_numpy(np.float64, na_value=np.nan))
        if len(kinds) > 1 and is_frame(given):
            return np.asarray(given.to_numpy(np.result_type(*kinds)))
    return np.asarray(given)


def _strings(given: object) -> Names:
    """The names of a frame's columns, when all are strings."""
    if not is_frame(given):
        return None
    names = tuple(given.columns)  # type: ignore[attr-defined]
    return tuple(map(str, names)) if names and all(isinstance(name, str) for name in names) else None


def _listed(names: list[str]) -> str:
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(map(repr, names[:_LISTED])) + rest
