"""Deltas of the units below a layer: whole, and in spans of these units and of panels; and the same numbers row by row of the batch."""

import numpy as np
import pytest
from cases import close
from drawn import compiled_example, draws
from hypothesis import given
from hypothesis import strategies as st
from one_batch import LIMITS, OneBatch

from fastbp.compiling.jit import program
from fastbp.kernels.block import records
from fastbp.kernels.delta import hidden_delta
from fastbp.kernels.lanes.sizes import FEW, WIDTH
from fastbp.kernels.portions import Span

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
ROWS = st.integers(1, 70)
WIDTHS = st.integers(1, WIDTH)
UNTOUCHED = -7.0


@program
def delta(call, one, panels, inputs):
    given = records(call, one)
    hidden_delta(given.network, given.workspace, 1, given.batch_size, panels, inputs, 0)


def prepared(below, above, rows, **settings):
    """A net whose second layer has deltas, and the deltas that the first must get from them."""
    batch = OneBatch([3, below, above], rows, **settings)
    batch.workspace.deltas[:] = UNTOUCHED
    batch.workspace.turned[:] = UNTOUCHED
    z, errors = batch.random(0).astype(np.float64), batch.random(1)
    activation = batch.net.activations[0]
    batch.workspace.activations[batch.held(1, "in")] = activation.reference(z)
    batch.workspace.deltas[batch.held(1, "out")] = errors
    return batch, activation.reference_backward(z, errors.astype(np.float64) @ batch.net.weights[1].T)


def deltas(batch, *, panels=None, inputs=None):
    """The deltas of the first layer after the kernel has run."""
    delta(*batch.call(), panels or batch.panels, inputs or Span(0, int(batch.network.table[1, 0])))
    return batch.workspace.deltas[batch.held(1, "in")]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "leaky_relu", "identity"])
@draws(12)
@given(below=st.integers(1, 50), above=st.integers(1, 50), rows=ROWS, width=WIDTHS)
@compiled_example(5, 300, 20, 1)
@compiled_example(110, 5, 33, 1)
@compiled_example(100, 270, 60, 1)
@compiled_example(110, 300, 7, 1)
def test_a_layer(activation, dtype, below, above, rows, width):
    batch, wanted = prepared(below, above, rows, dtype=dtype, activation=activation, width=width)
    # The derivative is written by the activation's rounded output.
    close([deltas(batch)], [wanted], rtol=4 * LIMITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("below", "above", "rows"), [(5, 300, 20), (110, 5, 33), (100, 270, 60), (110, 300, 7), (100, 1000, 60)])
def test_a_layer_larger_than_a_block(below, above, rows, dtype):
    batch, wanted = prepared(below, above, rows, dtype=dtype, width=1)
    close([deltas(batch)], [wanted], rtol=4 * LIMITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@draws(15)
@given(below=st.integers(1, 60), rows=st.integers(FEW + 1, 70), width=WIDTHS)
def test_the_gradient_finds_them_row_by_row(dtype, below, rows, width):
    batch, _ = prepared(below, 5, rows, dtype=dtype, width=width)
    np.testing.assert_array_equal(batch.workspace.turned[batch.where_turned(0)], UNTOUCHED)
    found = deltas(batch)
    np.testing.assert_array_equal(batch.workspace.turned[batch.where_turned(0)], found)


@pytest.mark.parametrize("dtype", DTYPES)
@draws(15)
@given(rows=ROWS, width=WIDTHS, data=st.data())
def test_only_the_units_asked_for_are_written(dtype, rows, width, data):
    batch, _ = prepared(75, 11, rows, dtype=dtype, width=width)
    whole = deltas(batch)
    begin, end = sorted(data.draw(st.tuples(st.integers(0, 75 // batch.lanes), st.integers(0, 75 // batch.lanes))))
    inputs = Span(begin * batch.lanes, end * batch.lanes)
    again, _ = prepared(75, 11, rows, dtype=dtype, width=width)
    found = deltas(again, inputs=inputs)
    np.testing.assert_array_equal(found[:, inputs.begin : inputs.end], whole[:, inputs.begin : inputs.end])
    assert (np.delete(found, np.arange(inputs.begin, inputs.end), axis=1) == UNTOUCHED).all()


@pytest.mark.parametrize("dtype", DTYPES)
@draws(15)
@given(rows=st.integers(FEW + 1, 130), width=WIDTHS, data=st.data())
def test_only_the_panels_asked_for_are_written(dtype, rows, width, data):
    batch, _ = prepared(20, 11, rows, dtype=dtype, width=width)
    whole = deltas(batch)
    begin = data.draw(st.integers(0, batch.panels.end))
    panels = Span(begin, data.draw(st.integers(begin, batch.panels.end)))
    again, _ = prepared(20, 11, rows, dtype=dtype, width=width)
    found, own = deltas(again, panels=panels), slice(panels.begin * batch.panel_rows, panels.end * batch.panel_rows)
    np.testing.assert_array_equal(found[own], whole[own])
    assert (np.delete(found, np.arange(rows)[own], axis=0) == UNTOUCHED).all()
