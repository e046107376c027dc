"""Which part of the work a function of the kernels does: whose task, which rows, which units, which parameters.

These records have a module of their own because ``import fastbp`` does without them.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range: of panels, of units, of inputs, or of places in the order of the rows."""

    begin: int
    end: int


class Task(NamedTuple):
    """Whose part of a run."""

    number: int
    tasks: int  # of the run
    scratch_at: int  # where the task's SCRATCH elements of the scratch begin


class Batch(NamedTuple):
    """Which rows of a data set, and for which step."""

    order_begin: int  # the place in the order of the first row
    rows: int
    step: int  # the number of the update, among those of the run
    shard: int  # which part of the gradients: 0 where the batch is not cut into shards
    ahead: Span  # places in the order of the rows that the task will gather next


class Block(NamedTuple):
    """A block of parameters: element (i, j) lies at ``at + i * row + j``."""

    at: int
    row: int
    rows: int
    columns: int


class Patch(NamedTuple):
    """A part of the weights of one layer: the rows of W of some inputs, and the columns of one panel of units."""

    layer: int
    inputs: Span
    panel: int


class Outputs(NamedTuple):
    """The output layer for a vector of rows.

    Output j lies at ``at + j * panel_rows`` of activations and of deltas, target j at ``targets_at + j * panel_rows``.
    """

    first_row: int  # of the vector, in the batch
    at: int
    targets_at: int
    target_columns: int  # 1 where the targets of several units are labels
    units: int
    panel_rows: int
