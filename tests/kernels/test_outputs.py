"""What the output layer gives, from logits in their panels."""

import numpy as np
import pytest
from cases import close
from hypothesis import given, settings
from hypothesis import strategies as st
from one_batch import LIMITS, NOTHING, OneBatch

from fastbp.compiling.jit import program
from fastbp.kernels import outputs
from fastbp.kernels.block import records
from fastbp.kernels.codes import PREDICT
from fastbp.kernels.lanes.sizes import WIDTH
from fastbp.kernels.portions import Batch, Span

pytestmark = pytest.mark.kernels

UNTOUCHED = -7.0


@program
def write_output(call, one, batch, panels, is_activated):
    given = records(call, one)
    outputs.write_output(given.network, given.workspace, batch, panels, given.results, is_activated)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("output", ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax"])
@settings(max_examples=12)
@given(units=st.integers(1, 40), rows=st.integers(1, 90), width=st.integers(1, WIDTH), before=st.integers(0, 3), data=st.data())
def test_predictions_go_to_the_rows_of_the_order_and_nowhere_else(output, dtype, units, rows, width, before, data):
    batch = OneBatch([3, units], rows, output_activation=output, dtype=dtype, width=width)
    place = batch.where(0, "out")
    batch.workspace.activations[place] = 2 * batch.random(0)
    z = batch.workspace.activations[place].astype(np.float64)
    begin = data.draw(st.integers(0, batch.panels.end - 1))
    panels = Span(begin, data.draw(st.integers(begin + 1, batch.panels.end)))
    call = batch.call(kind=PREDICT, results=np.full((before + rows + 3) * units, UNTOUCHED, dtype))
    write_output(*call, Batch(before, rows, 0, 0, NOTHING), panels, 0)
    found = batch.results.reshape(-1, units)
    own = slice(before + panels.begin * batch.panel_rows, before + min(rows, panels.end * batch.panel_rows))
    expected = batch.net.activations[-1].reference(z)
    close([found[own]], [expected[own.start - before : own.stop - before]], rtol=10 * LIMITS[dtype])
    assert (np.delete(found, own, axis=0) == UNTOUCHED).all()
    # They lie where the logits were now.
    batch.results[:] = UNTOUCHED
    write_output(*call, Batch(before, rows, 0, 0, NOTHING), panels, 1)
    np.testing.assert_array_equal(batch.results.reshape(-1, units)[own], found[own])
