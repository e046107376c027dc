"""The compiled forms of how a batch is cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import panels, sizes

pytestmark = pytest.mark.kernels


@program
def cut(array, rows, width, tasks, parameters, units, cost):
    lanes = panels.lanes_of(array)
    vectors = panels.vectors_of(rows, lanes)
    counts = lanes, vectors, panels.row_length(rows, lanes), panels.panels_of(rows, width, lanes)
    by_units = panels.shares_units(vectors, width, tasks, units, cost)
    of_rows = panels.depth_of(rows, sizes.DEPTH), panels.panels_cost(rows, tasks, parameters, units)
    return counts, panels.shards_of(rows, parameters), panels.busiest(vectors, width, tasks), by_units, of_rows


@pytest.mark.parametrize(("dtype", "lanes"), [("f4", 16), ("f8", 8), ("i8", 8)])
@given(
    rows=st.integers(1, 2000),
    width=st.integers(1, 4),
    tasks=st.integers(1, 8),
    parameters=st.integers(1, 300_000),
    units=st.integers(1, 64),
    cost=st.integers(100, 150),
)
def test_compiled_functions_agree_with_the_formulas(dtype, lanes, rows, width, tasks, parameters, units, cost):
    counts, shards, busiest, by_units, of_rows = cut(np.zeros(1, dtype), rows, width, tasks, parameters, units, cost)
    vectors = -(-rows // lanes)
    assert counts == (lanes, vectors, vectors * lanes, -(-vectors // width))
    assert shards == sizes.shards_of(rows, parameters)
    assert busiest == sizes.busiest(vectors, width, tasks)
    assert by_units == (cost * busiest * units > sizes.MEETING * vectors * sizes.busiest(units, 1, tasks))
    assert of_rows == (sizes.depth_of(rows, sizes.DEPTH), sizes.panels_cost(rows, tasks, parameters, units))
