"""One layer of the forward pass: whole, and in spans of units, of panels and of inputs."""

import numpy as np
import pytest
from cases import close
from drawn import compiled_example, draws
from hypothesis import example, given
from hypothesis import strategies as st
from one_batch import LIMITS, OneBatch

from fastbp.compiling.jit import program
from fastbp.kernels.block import records
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.lanes.sizes import FEW, WIDTH
from fastbp.kernels.portions import Span

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
ROWS = st.integers(1, 70)
WIDTHS = st.integers(1, WIDTH)
UNTOUCHED = -7.0


@program
def forward(call, one, layer, panels, units, inputs):
    given = records(call, one)
    forward_layer(given.network, given.workspace, layer, given.batch_size, panels, units, inputs, 0)


def prepared(n_in, n_out, rows, **settings):
    """A batch whose inputs are in place, every other unit untouched, and the numbers that they are."""
    batch = OneBatch([n_in, n_out, 2], rows, **settings)
    batch.workspace.activations[:] = UNTOUCHED
    inputs = batch.random(0, "in")
    batch.workspace.activations[batch.held(0, "in")] = inputs
    return batch, inputs


def outputs(batch, layer=0, *, panels=None, units=None, inputs=None):
    """The units of a layer after the kernel has run."""
    n_in, n_out = batch.network.table[layer, :2].tolist()
    forward(*batch.call(), layer, panels or batch.panels, units or Span(0, n_out), inputs or Span(0, n_in))
    return batch.workspace.activations[batch.held(layer, "out")]


def wanted(batch, inputs, layer=0):
    """z = a W + b in float64, and act(z)."""
    z = inputs.astype(np.float64) @ batch.net.weights[layer] + batch.net.biases[layer]
    return z, batch.net.activations[layer].reference(z)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "leaky_relu", "identity"])
@draws(12)
@given(n_in=st.integers(1, 50), n_out=st.integers(1, 50), rows=ROWS, width=WIDTHS)
@compiled_example(300, 5, 20, 1)
@compiled_example(5, 110, 33, 1)
@compiled_example(270, 100, 60, 1)
@compiled_example(300, 110, 7, 1)
def test_a_hidden_layer(activation, dtype, n_in, n_out, rows, width):
    batch, inputs = prepared(n_in, n_out, rows, dtype=dtype, activation=activation, width=width)
    close([outputs(batch)], [wanted(batch, inputs)[1]], rtol=LIMITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n_in", "n_out", "rows"), [(300, 5, 20), (5, 110, 33), (270, 100, 60), (300, 110, 7), (150, 1024, 150)])
def test_a_hidden_layer_larger_than_a_block(n_in, n_out, rows, dtype):
    batch, inputs = prepared(n_in, n_out, rows, dtype=dtype, width=1)
    close([outputs(batch)], [wanted(batch, inputs)[1]], rtol=LIMITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [1, 5, 8, 9, 40])
def test_the_output_layer_keeps_its_logits_in_panels(dtype, rows):
    batch = OneBatch([7, 21], rows, dtype=dtype, loss="binary_cross_entropy")
    inputs = batch.random(0, "in")
    batch.workspace.activations[batch.held(0, "in")] = inputs
    outputs(batch)
    # There the losses read them, of a few rows, too.
    close([batch.workspace.activations[batch.where(0, "out")]], [wanted(batch, inputs)[0]], rtol=LIMITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@draws(15)
@given(rows=ROWS, width=WIDTHS, data=st.data())
def test_only_the_units_asked_for_are_written(dtype, rows, width, data):
    batch, _ = prepared(11, 75, rows, dtype=dtype, width=width)
    whole = outputs(batch)
    begin, end = sorted(data.draw(st.tuples(st.integers(0, 75 // batch.lanes), st.integers(0, 75 // batch.lanes))))
    units = Span(begin * batch.lanes, min(75, end * batch.lanes))
    again, _ = prepared(11, 75, rows, dtype=dtype, width=width)
    found = outputs(again, units=units)
    np.testing.assert_array_equal(found[:, units.begin : units.end], whole[:, units.begin : units.end])
    assert (found[:, : units.begin] == UNTOUCHED).all()
    assert (found[:, units.end :] == UNTOUCHED).all()


@pytest.mark.parametrize("dtype", DTYPES)
@draws(15)
@given(rows=st.integers(FEW + 1, 130), width=WIDTHS, data=st.data())
def test_only_the_panels_asked_for_are_written(dtype, rows, width, data):
    batch, _ = prepared(11, 20, rows, dtype=dtype, width=width)
    whole = outputs(batch)
    begin = data.draw(st.integers(0, batch.panels.end))
    panels = Span(begin, data.draw(st.integers(begin, batch.panels.end)))
    again, _ = prepared(11, 20, rows, dtype=dtype, width=width)
    found, own = outputs(again, panels=panels), slice(panels.begin * batch.panel_rows, panels.end * batch.panel_rows)
    np.testing.assert_array_equal(found[own], whole[own])
    assert (np.delete(found, np.arange(rows)[own], axis=0) == UNTOUCHED).all()


@pytest.mark.parametrize("dtype", DTYPES)
@draws(15)
@given(rows=st.integers(FEW + 1, 70), width=WIDTHS, n_in=st.integers(2, 60), data=st.data())
@example(40, 1, 300, None)
def test_sums_go_on_from_span_to_span_of_the_inputs(dtype, rows, width, n_in, data):
    whole = outputs(prepared(n_in, 20, rows, dtype=dtype, width=width)[0])
    batch, _ = prepared(n_in, 20, rows, dtype=dtype, width=width)
    cut = 16 if data is None else data.draw(st.integers(1, n_in - 1))
    outputs(batch, inputs=Span(0, cut))
    np.testing.assert_array_equal(outputs(batch, inputs=Span(cut, n_in)), whole)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_has_the_same_bits_in_any_batch(dtype):
    batch, inputs = prepared(30, 70, 100, dtype=dtype)
    together = outputs(batch)
    for rows in (1, 7, 9, 33):
        fewer = OneBatch([30, 70, 2], rows, dtype=dtype)
        fewer.workspace.activations[fewer.held(0, "in")] = inputs[:rows]
        np.testing.assert_array_equal(outputs(fewer), together[:rows])
