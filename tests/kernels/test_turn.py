"""Deltas of a layer, unit by unit in panels of rows, once more row by row."""

import numpy as np
import pytest
from chains import lanes
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import network_of

from fastbp import layout
from fastbp.compiling.jit import program
from fastbp.kernels import turn
from fastbp.kernels.arguments import N_OUT, ROWS_OUT, SPREAD, TURNED, UNITS_OUT
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.portions import Span

pytestmark = pytest.mark.kernels

DTYPES = ["f4", "f8"]
UNTOUCHED = -7


@program
def turn_panel(network, workspace, layer, panel, unit, count, vectors):
    turn.turn(network, workspace, layer, panel, unit, count, vectors)


@program
def turn_few(network, workspace, layer, rows):
    turn.to_rows(network, workspace, workspace.deltas, layer, rows, Span(0, network.table[layer, N_OUT]))


def workspace_with_deltas(network, layer, rows, dtype):
    """A workspace, and the deltas (rows, units) that its panels hold, whole vectors of rows."""
    held = layout.workspace(network, rows, 1, 1, training=True)
    held.turned[:] = UNTOUCHED
    step, side, units = held.width * lanes(dtype), lanes(dtype), network.table[layer, N_OUT]
    r, u = np.indices((-(-rows // side) * side, units))
    deltas = np.random.default_rng(0).normal(size=r.shape).astype(dtype)
    held.deltas[held.capacity * network.table[layer, UNITS_OUT] + (r // step * units + u) * step + r % step] = deltas
    return held, deltas


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", [0, 1])
@settings(max_examples=25)
@given(hidden=st.integers(1, 70), rows=st.integers(1, 130))
def test_every_delta_is_found_in_the_row_of_its_unit(dtype, layer, hidden, rows):
    network = network_of([3, hidden, 5], dtype)
    held, deltas = workspace_with_deltas(network, layer, rows, dtype)
    units, side = network.table[layer, N_OUT], lanes(dtype)
    whole = -(-units // side) * side
    vectors = len(deltas) // side
    for panel in range(-(-vectors // held.width)):
        turn_panel(network, held, layer, panel, 0, whole, min(held.width, vectors - panel * held.width))
    r, u = np.indices(deltas.shape)
    row = network.table[layer, SPREAD] * side
    places = held.capacity * (network.table[layer, TURNED] + u // row * row) + r * row + u % row
    assert np.array_equal(held.turned[places], deltas)
    # Nothing but the rows of this layer's panels is written.
    begin, end = held.capacity * network.table[layer, TURNED], held.capacity * (network.table[layer, TURNED] + -(-units // row) * row)
    assert (held.turned[:begin] == UNTOUCHED).all() and (held.turned[end:] == UNTOUCHED).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_part_of_the_units_is_turned_alone(dtype):
    side = lanes(dtype)
    network = network_of([3, 3 * side], dtype)
    held, deltas = workspace_with_deltas(network, 0, side, dtype)
    turn_panel(network, held, 0, 0, side, side, 1)
    row = network.table[0, SPREAD] * side
    r, u = np.indices((side, 3 * side))
    found = held.turned[held.capacity * (u // row * row) + r * row + u % row]
    assert np.array_equal(found[:, side : 2 * side], deltas[:, side : 2 * side])
    assert (found[:, :side] == UNTOUCHED).all() and (found[:, 2 * side :] == UNTOUCHED).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", range(1, FEW + 1))
@pytest.mark.parametrize("units", [1, 8, 21])
def test_rows_of_a_small_batch_lie_in_one_piece(rows, units, dtype):
    network = network_of([3, units], dtype)
    held, deltas = workspace_with_deltas(network, 0, rows, dtype)
    turn_few(network, held, 0, rows)
    length = -(-units // lanes(dtype)) * lanes(dtype)
    begin = held.few + FEW * network.table[0, ROWS_OUT]
    found = held.deltas[begin : begin + rows * length].reshape(rows, length)
    assert np.array_equal(found[:, :units], deltas[:rows])
