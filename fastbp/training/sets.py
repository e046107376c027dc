"""The data sets of a call of ``fit``: checked when it begins, and again where callbacks may have written into them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from fastbp._names import counted
from fastbp._table import attribute
from fastbp._typing import NDArray
from fastbp.data.rows import Rows, may_change
from fastbp.data.validation import check_inputs
from fastbp.training.mixup import as_shares
from fastbp.training.run import Run

Places = NDArray[np.int64]

# Before the words about an array of these.
_VALIDATION, _SPLIT = "validation_data: ", "validation_split: "


class Parts(NamedTuple):
    """Rows of a data set that are meant: for training, None being all, and for validation, None being none."""

    training: Places | None = None
    validation: Places | None = None


_WHOLE = Parts()


def check_sets(
    run: Run, X: Any, y: Any, sample_weight: Any, validation_data: Any, validation_split: float | None, parts: Parts = _WHOLE
) -> tuple[Rows, Rows | None]:  # fmt: skip
    """Training and validation data; ValueError or TypeError for what is none. `parts` are as data sets of their own."""
    if parts.training is None and parts.validation is None and validation_split is None:
        rows, validation = _whole(run, X, y, sample_weight), None
    else:
        several = {"validation_split": validation_split, "validation_data": validation_data, "validation_rows": parts.validation}
        given = [name for name, value in several.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are given; expected one of them")
        every = run.check(X, y, sample_weight)
        if validation_split is not None:
            parts = _split(run, every, validation_split, parts.training)
        with told_of("" if validation_split is None else _SPLIT):
            rows = _chosen(run, every, parts.training, sample_weight, training=True)
            validation = None if parts.validation is None else _chosen(run, every, parts.validation, sample_weight, training=False)
    if validation_data is not None:
        validation = _check_validation(run, validation_data, X)
    return _mixable(run, rows), validation


def _whole(run: Run, X: Any, y: Any, sample_weight: Any) -> Rows:
    """All of the rows, for training."""
    again = run.checked_before.take(X, y) if sample_weight is None else None
    if again is not None:
        return again
    rows = run.check(X, y, sample_weight, training=True)
    run.checked_before.remember(X, y, rows)
    return rows


def _split(run: Run, every: Rows, share: float, among: Places | None) -> Parts:
    """Two parts of some rows, drawn by the run's seed."""
    targets = every.targets if among is None else every.targets[among]
    drawn = attribute("fastbp.data.split", "split")(share, len(targets), run.targets.groups(targets), run.seed)
    return Parts(*(part if among is None else among[part] for part in drawn))


def _chosen(run: Run, every: Rows, part: Places | None, sample_weight: Any, *, training: bool) -> Rows:
    """Some of the rows."""
    places = slice(None) if part is None else part
    return every.choice(part, run.targets.weights_in(places, every.targets, sample_weight, training=training))


def _mixable(run: Run, rows: Rows) -> Rows:
    """Rows whose targets can be mixed, where they are to be."""
    return rows.with_targets(as_shares(rows.targets, run.loss, run.model.layer_sizes[-1], run.model.dtype)) if run.mixup else rows


def _check_validation(run: Run, given: Any, X: Any) -> Rows:
    """A data set from (X, y) or (X, y, sample_weight), beside training on `X`, whose names of columns it follows."""
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        what = (
            f"has {counted(len(given), 'entry', 'entries')}" if isinstance(given, (tuple, list)) else f"is of type {type(given).__name__}"
        )
        raise TypeError(f"validation_data {what}; expected (X, y) or (X, y, sample_weight)")
    with told_of(_VALIDATION):
        return run.check(*given, names=run.model.names_for(X))


def check_again(run: Run, rows: Rows, validation: Rows | None) -> None:
    """Raise ValueError where data that were in order are so no more: they are read where they lie, and others may write there."""
    with told_of(after="; the data were changed during fit"):
        _check_arrays(run, rows)
        if validation is not None and not validation.reads_as(rows):
            with told_of(_VALIDATION):
                _check_arrays(run, validation)


def _check_arrays(run: Run, rows: Rows) -> None:
    (inputs, targets), sizes, dtype = rows.checked(), run.model.layer_sizes, run.model.dtype
    # A file that is mapped read-only is not read once more.
    if may_change(inputs):
        check_inputs(inputs, sizes[0], dtype)
    if targets is not None and may_change(targets):
        run.targets.check_again(targets, inputs.shape[0])


@contextlib.contextmanager
def told_of(before: str = "", after: str = "") -> Iterator[None]:
    """Errors about arrays, with words that say which arrays they are."""
    try:
        yield
    except (ValueError, TypeError) as error:
        error.args = (f"{before}{error}{after}",)
        raise
