"""Losses and deltas of the output layer, from logits in their panels."""

import numpy as np
import pytest
from cases import close
from hypothesis import given, settings
from hypothesis import strategies as st
from one_batch import LIMITS, OneBatch

from fastbp.compiling.jit import program
from fastbp.kernels import accuracy, loss
from fastbp.kernels.block import records
from fastbp.kernels.codes import SCORE
from fastbp.kernels.lanes.sizes import FEW, WIDTH
from fastbp.kernels.portions import Span

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
OUTPUTS = [
    *(("squared_error", name) for name in ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax")),
    ("cross_entropy", "softmax"),
    ("cross_entropy", "identity"),
    ("binary_cross_entropy", "sigmoid"),
]
ROWS, WIDTHS = st.integers(1, 70), st.integers(1, WIDTH)
UNTOUCHED = -7.0


@program
def output_delta(call, one, panels):
    given = records(call, one)
    loss.output_delta(given.objective, given.network, given.workspace, given.data, given.batch_size, panels)


@program
def total_loss(call, one):
    given = records(call, one)
    return loss.total_loss(given.workspace, given.batch_size)


@program
def count_hits(call, one, panels):
    given = records(call, one)
    accuracy.count_hits(given.objective, given.network, given.workspace, given.data, given.batch_size, panels)


def prepared(units, rows, *, labels=False, **settings):
    """A batch with logits, targets and shares in their places; targets as rows of numbers, too."""
    kept = np.random.default_rng([units, rows]).integers(0, units, rows) if labels else None
    batch = OneBatch([3, units], rows, targets=kept, **settings)
    workspace, row = batch.workspace, np.arange(rows)[:, np.newaxis]
    workspace.activations[batch.where(0, "out")] = 2 * batch.random(0)
    given = kept[:, np.newaxis] if labels else batch.targets
    column, panel_rows = np.arange(given.shape[1]), batch.panel_rows
    workspace.targets[(row // panel_rows * given.shape[1] + column) * panel_rows + row % panel_rows] = given
    shares = np.random.default_rng(rows).uniform(0.1, 1, rows)
    workspace.row_weights[:rows] = shares / shares.sum()
    workspace.deltas[:], workspace.row_losses[:] = UNTOUCHED, UNTOUCHED
    return batch, np.eye(units)[kept] if labels else batch.targets.astype(np.float64)


def wanted(batch, targets):
    """Losses of the rows and deltas, times the rows' shares."""
    z = batch.workspace.activations[batch.where(0, "out")].astype(np.float64)
    losses, deltas = batch.loss.reference(z, targets, batch.net.activations[-1])
    shares = batch.workspace.row_weights[: batch.rows].astype(np.float64)
    return losses * shares, deltas * shares[:, np.newaxis]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "output"), OUTPUTS)
@settings(max_examples=10)
@given(units=st.integers(1, 20), rows=ROWS, width=WIDTHS)
def test_losses_and_deltas(name, output, dtype, units, rows, width):
    units = max(units, 2) if name == "cross_entropy" else units
    batch, targets = prepared(units, rows, loss=name, output_activation=output, dtype=dtype, width=width)
    losses, deltas = wanted(batch, targets)
    output_delta(*batch.call(), batch.panels)
    workspace, limit = batch.workspace, 20 * LIMITS[dtype]
    close([workspace.row_losses[:rows], workspace.deltas[batch.where(0, "out")]], [losses, deltas], rtol=limit)
    close([total_loss(*batch.call())], [losses.sum()], rtol=limit)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=15)
@given(units=st.integers(2, 20), rows=ROWS, width=WIDTHS)
def test_labels_stand_for_rows_with_a_single_one(dtype, units, rows, width):
    batch, targets = prepared(units, rows, labels=True, loss="cross_entropy", dtype=dtype, width=width)
    losses, deltas = wanted(batch, targets)
    output_delta(*batch.call(), batch.panels)
    found = batch.workspace.row_losses[:rows], batch.workspace.deltas[batch.where(0, "out")]
    close(found, [losses, deltas], rtol=20 * LIMITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=15)
@given(units=st.integers(1, 40), rows=ROWS, width=WIDTHS)
def test_the_gradient_finds_the_deltas_row_by_row(dtype, units, rows, width):
    batch, _ = prepared(units, rows, loss="binary_cross_entropy", dtype=dtype, width=width)
    output_delta(*batch.call(), batch.panels)
    workspace = batch.workspace
    found = workspace.deltas[batch.where_few(0, "out")] if rows <= FEW else workspace.turned[batch.where_turned(0)]
    np.testing.assert_array_equal(found, workspace.deltas[batch.where(0, "out")])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["squared_error", "cross_entropy", "binary_cross_entropy"])
@settings(max_examples=10)
@given(rows=st.integers(FEW + 1, 130), width=WIDTHS, data=st.data())
def test_only_the_panels_asked_for_are_written(name, dtype, rows, width, data):
    whole, _ = prepared(5, rows, loss=name, dtype=dtype, width=width)
    output_delta(*whole.call(), whole.panels)
    begin = data.draw(st.integers(0, whole.panels.end))
    panels = Span(begin, data.draw(st.integers(begin, whole.panels.end)))
    part, _ = prepared(5, rows, loss=name, dtype=dtype, width=width)
    output_delta(*part.call(), panels)
    own = slice(panels.begin * part.panel_rows, panels.end * part.panel_rows)
    found, every = part.workspace.deltas[part.where(0, "out")], whole.workspace.deltas[whole.where(0, "out")]
    np.testing.assert_array_equal(found[own], every[own])
    np.testing.assert_array_equal(part.workspace.row_losses[:rows][own], whole.workspace.row_losses[:rows][own])
    others = np.delete(np.arange(rows), np.arange(rows)[own])
    assert (found[others] == UNTOUCHED).all()
    assert (part.workspace.row_losses[others] == UNTOUCHED).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "labels"), [("cross_entropy", True), ("cross_entropy", False), ("binary_cross_entropy", False)])
@settings(max_examples=10)
@given(units=st.integers(2, 20), rows=ROWS, width=WIDTHS)
def test_hits_are_the_numbers_of_right_answers(name, labels, dtype, units, rows, width):
    batch, targets = prepared(units, rows, labels=labels, loss=name, dtype=dtype, width=width)
    z = batch.workspace.activations[batch.where(0, "out")]
    hits = ((z > 0) == (targets > 0.5)).sum(axis=1) if name == "binary_cross_entropy" else z.argmax(axis=1) == targets.argmax(axis=1)
    count_hits(*batch.call(kind=SCORE), batch.panels)
    np.testing.assert_array_equal(batch.workspace.row_losses[:rows], hits)
