"""Gradients of weights and biases: of one task and of several, over all rows and over some, of all inputs and of some."""

import numpy as np
import pytest
from cases import close
from drawn import draws, up_to
from hypothesis import example, given
from hypothesis import strategies as st
from one_batch import LIMITS, NOTHING, OneBatch

import fastbp
from fastbp import layout
from fastbp.compiling.jit import program
from fastbp.kernels.block import records
from fastbp.kernels.gradient import weight_gradients
from fastbp.kernels.lanes.sizes import FEW, WIDTH
from fastbp.kernels.portions import Batch, Span, Task

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]
SIZES = st.lists(st.integers(1, up_to(60, 40)), min_size=2, max_size=4)
WIDTHS = st.integers(1, WIDTH)


@program
def gradients(call, one, batch, rows, task):
    given = records(call, one)
    weight_gradients(given.network, given.workspace, given.data, given.rule, batch, rows, Span(0, given.network.layers), task)


def prepared(sizes, rows, **settings):
    """A batch with units and deltas in place, and what the gradients must be."""
    batch = OneBatch(sizes, rows, **settings)
    wanted = []
    for layer in range(len(sizes) - 1):
        a, d = batch.random(layer, "in", seed=1), batch.random(layer)
        batch.workspace.activations[batch.held(layer, "in")] = a
        batch.set_deltas(layer, d)
        wanted.append((a.astype(np.float64), d.astype(np.float64)))
    batch.gradients[:] = np.nan
    return batch, wanted


def computed(batch, *, tasks=1, rows=None, ahead=NOTHING):
    """Weights and biases after all tasks, one after the other."""
    for number in range(tasks):
        gradients(*batch.call(), Batch(0, batch.rows, 0, 0, ahead), rows or Span(0, batch.rows), Task(number, tasks, 0))
    weights, biases = layout.matrices(batch.gradients, batch.network.table)
    return [*weights, *biases]


def sums(wanted, part=slice(None)):
    return [a[part].T @ d[part] for a, d in wanted] + [d[part].sum(axis=0) for _, d in wanted]


@pytest.mark.parametrize("dtype", DTYPES)
@draws(20)
@given(sizes=SIZES, rows=st.integers(1, 70), width=WIDTHS)
@example([3, 260, 2], 40, 1)
@example([2, 3, 530], 33, 1)
@example([530, 2, 1], 50, 1)
@example([530, 2, 1], 3, 1)
@example([3, 1100, 9], 2, 1)
@example([100, 1], 61, 1)
@example([5, 7], 1100, 1)
def test_products_of_units_and_deltas(dtype, sizes, rows, width):
    batch, wanted = prepared(sizes, rows, dtype=dtype, width=width)
    close(computed(batch), sums(wanted), rtol=10 * LIMITS[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tasks", [2, 3, 7])
@draws(10)
@given(sizes=SIZES, rows=st.integers(1, 70), width=WIDTHS)
@example([200, 300, 7], 5, 1)
@example([200, 300, 7], 20, 1)
def test_tasks_share_them_without_gap_and_change_no_bit(tasks, dtype, sizes, rows, width):
    alone = computed(prepared(sizes, rows, dtype=dtype, width=width)[0])
    shared = computed(prepared(sizes, rows, dtype=dtype, width=width)[0], tasks=tasks)
    np.testing.assert_equal(shared, alone)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("first", [20, 700])
@draws(6)
@given(rows=st.integers(1, 24), units=st.integers(128, 200))
@example(5, 129)
@example(20, 130)
def test_tasks_that_own_inputs_of_some_layers_change_no_bit(first, dtype, rows, units):
    sizes = [first, units, 140, 1]
    alone = computed(prepared(sizes, rows, dtype=dtype)[0])
    shared = computed(prepared(sizes, rows, dtype=dtype)[0], tasks=2)
    np.testing.assert_equal(shared, alone)


@pytest.mark.parametrize("dtype", DTYPES)
@draws(10)
@given(width=WIDTHS, rows=st.integers(FEW + 1, 200), data=st.data())
def test_only_some_rows_of_the_batch(dtype, width, rows, data):
    batch, wanted = prepared([9, 20, 1], rows, dtype=dtype, width=width)
    begin = data.draw(st.integers(0, batch.panels.end - 1))
    end = data.draw(st.integers(begin + 1, batch.panels.end))
    part = Span(begin * batch.panel_rows, min(rows, end * batch.panel_rows))
    close(computed(batch, rows=part), sums(wanted, slice(part.begin, part.end)), rtol=10 * LIMITS[dtype])


@pytest.mark.parametrize("rows", [3, 20])
@pytest.mark.parametrize("tasks", [1, 2])
@pytest.mark.parametrize("units", [30, 300])
def test_each_is_given_to_the_update_once(units, tasks, rows):
    batch, wanted = prepared([200, units, 1], rows, optimizer=fastbp.SGD(0.5))
    for number in range(tasks):
        task = Task(number, tasks, 0)
        gradients(*batch.call(update=True), Batch(0, rows, 0, 0, NOTHING), Span(0, rows), task)
    weights, biases = layout.matrices(batch.network.parameters, batch.network.table)
    changed = [p - 0.5 * g for p, g in zip(batch.net.parameters, sums(wanted), strict=True)]
    close([*weights, *biases], changed, rtol=10 * LIMITS["float64"])


@pytest.mark.parametrize("rows", [3, 20])
def test_rows_ahead_are_asked_for_and_change_nothing(rows):
    plain = computed(prepared([40, 20, 3], rows)[0])
    np.testing.assert_equal(computed(prepared([40, 20, 3], rows)[0], ahead=Span(0, rows)), plain)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [3, 20])
def test_nothing_but_gradients_is_written(rows, dtype):
    batch, _ = prepared([7, 50, 19, 3], rows, dtype=dtype)
    parameters = batch.network.parameters.copy()
    computed(batch)
    np.testing.assert_array_equal(batch.network.parameters, parameters)
    held = np.zeros(batch.gradients.size, bool)
    for array in [part for parts in layout.matrices(batch.gradients, batch.network.table) for part in parts]:
        begin = (array.ctypes.data - batch.gradients.ctypes.data) // array.itemsize
        held[begin : begin + array.size] = True
    assert np.isnan(batch.gradients[~held]).all()
    assert np.isfinite(batch.gradients[held]).all()
