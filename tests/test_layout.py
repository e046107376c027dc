"""Where everything lies: parts that begin at cache lines, overlap nowhere, and have room."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import network_of

from fastbp import layout
from fastbp.kernels.arguments import N_IN, N_OUT, ROWS_IN, ROWS_OUT, SPREAD, TURNED, UNITS_IN, UNITS_OUT, WEIGHT
from fastbp.kernels.lanes.sizes import BYTES, FEW, SCRATCH, TEAM, WIDTH

DTYPES = [np.dtype("f4"), np.dtype("f8")]
NETS = st.lists(st.integers(1, 70), min_size=2, max_size=6)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(NETS)
def test_weights_and_biases_begin_at_cache_lines_and_share_no_place(dtype, layer_sizes):
    table = network_of(layer_sizes, dtype).table
    flat = layout.aligned_zeros(layout.n_flat(table, dtype), dtype)
    weights, biases = layout.matrices(flat, table)
    assert [weight.shape for weight in weights] == list(pairwise(layer_sizes))
    assert [bias.shape for bias in biases] == [(n_out,) for n_out in layer_sizes[1:]]
    for array in [*weights, *biases]:
        assert array.ctypes.data % BYTES == 0
        array += 1
    assert (flat <= 1).all()
    assert flat.sum() == sum(n_in * n_out + n_out for n_in, n_out in pairwise(layer_sizes))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(NETS)
def test_every_array_has_its_name(dtype, layer_sizes):
    table = network_of(layer_sizes, dtype).table
    flat = np.arange(layout.n_flat(table, dtype), dtype=dtype)
    weights, biases = layout.matrices(flat, table)
    named = layout.named_arrays(flat, table)
    assert len(named) == 2 * len(table)
    for layer in range(len(table)):
        assert np.array_equal(named[f"weights.{layer}"], weights[layer])
        assert np.array_equal(named[f"biases.{layer}"], biases[layer])
        assert layout.begins(table, layer, dtype) == {"weights": weights[layer][0, 0], "biases": biases[layer][0]}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(NETS)
def test_the_units_of_a_layer_end_where_those_of_the_next_begin(dtype, layer_sizes):
    table, lanes = network_of(layer_sizes, dtype).table, BYTES // dtype.itemsize
    assert table[0, WEIGHT] == table[0, UNITS_IN] == table[0, ROWS_IN] == table[0, TURNED] == 0
    for layer, after in pairwise(table):
        assert layer[UNITS_OUT] == after[UNITS_IN] == layer[UNITS_IN] + layer[N_IN]
        assert layer[ROWS_OUT] == after[ROWS_IN] >= layer[ROWS_IN] + layer[N_IN]
        # Turned deltas take whole panels of units.
        assert after[TURNED] >= layer[TURNED] + layer[N_OUT]
        assert (after[TURNED] - layer[TURNED]) % (layer[SPREAD] * lanes) == 0
    assert (table[:, ROWS_IN] % lanes == 0).all() and (table[:, SPREAD] <= WIDTH).all()


@pytest.mark.parametrize("dtype", [*DTYPES, np.dtype("i8")], ids=str)
@pytest.mark.parametrize("size", [0, 1, 7, 64, 1000])
def test_vectors_begin_at_cache_lines(size, dtype):
    vectors = [layout.aligned_zeros(size, dtype) for _ in range(5)]
    assert all(vector.shape == (size,) and vector.dtype == dtype and not vector.any() for vector in vectors)
    assert all(vector.ctypes.data % BYTES == 0 for vector in vectors if size)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@given(NETS, st.integers(1, 300), st.integers(1, 4))
def test_a_workspace_has_room_for_its_batch(dtype, layer_sizes, rows, tasks):
    network, lanes = network_of(layer_sizes, dtype), BYTES // dtype.itemsize
    held = layout.workspace(network, rows, layer_sizes[-1], tasks, training=True)
    units, last = sum(layer_sizes), network.table[-1]
    assert held.capacity >= rows and held.capacity % lanes == 0 and 1 <= held.width <= WIDTH
    # The units of all panels, behind them those of a batch of few rows.
    assert held.few >= held.capacity * units
    assert held.activations.size == held.deltas.size >= held.few + FEW * (last[ROWS_OUT] + last[N_OUT])
    assert held.turned.size >= held.capacity * (last[TURNED] + last[N_OUT])
    assert held.targets.size >= held.capacity * layer_sizes[-1] and held.row_losses.size == held.row_weights.size == held.capacity
    assert held.vector_losses.size * lanes == held.capacity
    assert held.scratch.size == tasks * SCRATCH and held.team.size >= TEAM + 8 * tasks
    assert layout.workspace(network, rows, 1, tasks, training=False).turned.size == 0


@pytest.mark.parametrize("change", [{"rows": 500}, {"target_width": 4}, {"tasks": 3}], ids=str)
def test_a_workspace_is_used_again_while_it_has_room(change):
    made = {"rows": 100, "target_width": 2, "tasks": 2}
    held = layout.workspace(network_of([5, 4, 2], DTYPES[0]), **made, training=True)
    assert layout.has_room(held, **made)
    assert layout.has_room(held, rows=1, target_width=1, tasks=1)
    assert not layout.has_room(held, **made | change)


def test_a_call_on_several_tasks_begins_with_a_team_that_has_not_met():
    network = network_of([5, 4, 2], DTYPES[0])
    held = layout.workspace(network, 100, 2, 2, training=True)
    held.team[:] = 7
    assert layout.begin(held, network, 100, 2) == held.width
    assert not held.team.any()
    assert layout.begin(held, network, 3, 1) == 1
