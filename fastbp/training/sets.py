"""The data sets of a call of ``fit``: checked when it begins, and again where callbacks may have written into them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from fastbp._names import counted
from fastbp._table import attribute
from fastbp.data.rows import Rows, may_change
from fastbp.data.validation import check_inputs
from fastbp.training.mixup import as_shares
from fastbp.training.run import Run

# Before the words about an array of these.
_VALIDATION, _SPLIT = "validation_data: ", "validation_split: "


def check_sets(
    run: Run, X: Any, y: Any, sample_weight: Any, validation_data: Any, validation_split: float | None
) -> tuple[Rows, Rows | None]:  # fmt: skip
    """Training and validation data; ValueError or TypeError for what is none."""
    if validation_split is None:
        rows = run.check(X, y, sample_weight, training=True)
        return _mixable(run, rows), None if validation_data is None else _check_validation(run, validation_data, X)
    if validation_data is not None:
        raise ValueError("validation_split and validation_data are given; expected one of them")
    every = run.check(X, y, sample_weight)
    parts = attribute("fastbp.data.split", "split")(validation_split, every.n_rows, run.targets.groups(every.targets), run.seed)
    with _told_of(_SPLIT):
        training, validation = (
            every.choice(part, run.targets.weights_in(part, every.targets, sample_weight, training=number == 0))
            for number, part in enumerate(parts)
        )
    return _mixable(run, training), validation


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
    with _told_of(_VALIDATION):
        return run.check(*given, names=run.model.names_for(X))


def check_again(run: Run, rows: Rows, validation: Rows | None) -> None:
    """Raise ValueError where data that were in order are so no more: they are read where they lie, and others may write there."""
    with _told_of(after="; the data were changed during fit"):
        _check_arrays(run, rows)
        if validation is not None and not validation.reads_as(rows):
            with _told_of(_VALIDATION):
                _check_arrays(run, validation)


def _check_arrays(run: Run, rows: Rows) -> None:
    (inputs, targets), sizes, dtype = rows.checked(), run.model.layer_sizes, run.model.dtype
    # A file that is mapped read-only is not read once more.
    if may_change(inputs):
        check_inputs(inputs, sizes[0], dtype)
    if targets is not None and may_change(targets):
        run.targets.check_again(targets, inputs.shape[0])


@contextlib.contextmanager
def _told_of(before: str = "", after: str = "") -> Iterator[None]:
    """Errors about arrays, with words that say which arrays they are."""
    try:
        yield
    except (ValueError, TypeError) as error:
        error.args = (f"{before}{error}{after}",)
        raise
