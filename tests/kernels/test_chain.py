"""The first layer cut by its inputs: when it is, whose they are, and sums that go on from task to task."""

import numpy as np
import pytest
from drawn import draws, up_to
from hypothesis import given
from hypothesis import strategies as st
from one_batch import OneBatch

from fastbp.compiling.jit import program
from fastbp.kernels import chain
from fastbp.kernels.block import records
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.portions import Span, Task

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]


@program
def is_chained(call, one, tasks):
    given = records(call, one)
    return chain.is_chained(given.network, given.workspace, given.batch_size, tasks)


@program
def own_inputs(call, one, task):
    given = records(call, one)
    return chain.own_inputs(given.network, given.workspace, given.batch_size, task)


@program
def forward_chain(call, one, inputs, task):
    given = records(call, one)
    chain.forward_chain(given.network, given.workspace, given.batch_size, inputs, task)


@program
def forward(call, one, panels, units, inputs):
    given = records(call, one)
    forward_layer(given.network, given.workspace, 0, given.batch_size, panels, units, inputs, 0)


def prepared(n_in, n_out, rows, **settings):
    batch = OneBatch([n_in, n_out, 2], rows, **settings)
    batch.workspace.activations[batch.held(0, "in")] = batch.random(0, "in")
    return batch


@pytest.mark.parametrize(
    ("n_in", "n_out", "rows", "tasks", "answer"),
    [
        (800, 128, 32, 2, True),
        (800, 128, 32, 1, False),  # nobody to share with
        (800, 128, FEW, 2, False),
        (800, 128, FEW + 1, 2, True),
        (31, 128, 32, 2, False),  # less than a vector of inputs for each task
        (800, 127, 32, 2, False),  # too few pieces to hand on
        (800, 128, 32, 3, False),
        (800, 1000, 100, 2, False),  # 9 * 100 * 1000 numbers cross, more than 800 * (1000 + 100)
        (1000, 1000, 100, 2, True),
    ],
)
def test_where_the_inputs_are_shared(n_in, n_out, rows, tasks, answer):
    batch = OneBatch([n_in, n_out, 2], rows, dtype="float32", tasks=tasks)
    assert is_chained(*batch.call(), tasks) == answer
    inputs = [own_inputs(*batch.call(), Task(number, tasks, 0)) for number in range(tasks)]
    if not answer:
        assert all(tuple(own) == (0, n_in) for own in inputs)
        return
    assert [i for own in inputs for i in range(*own)] == list(range(n_in))
    assert all(own.begin % batch.lanes == 0 and own.begin < own.end for own in inputs)


def test_nothing_is_shared_where_nothing_is_trained():
    batch = OneBatch([800, 128, 2], 32, dtype="float32", tasks=2)
    assert is_chained(*batch.call(), 2)
    batch.workspace = batch.workspace._replace(training=0)
    assert not is_chained(*batch.call(), 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tasks", [1, 2, 3])
@draws(8)
@given(n_in=st.integers(48, up_to(150, 70)), n_out=st.integers(1, up_to(300, 150)), rows=st.integers(FEW + 1, 60))
def test_the_last_task_ends_with_the_bits_of_one(tasks, dtype, n_in, n_out, rows):
    alone = prepared(n_in, n_out, rows, dtype=dtype)
    forward(*alone.call(), alone.panels, Span(0, n_out), Span(0, n_in))
    shared = prepared(n_in, n_out, rows, dtype=dtype, tasks=tasks)
    cuts = [n_in * number // tasks // shared.lanes * shared.lanes for number in range(tasks)]
    # One after the other each finds what it would wait for.
    for number, inputs in enumerate(map(Span, cuts, [*cuts[1:], n_in])):
        forward_chain(*shared.call(), inputs, Task(number, tasks, 0))
    found, whole = (batch.workspace.activations[batch.where(0, "out")] for batch in (shared, alone))
    np.testing.assert_array_equal(found, whole)
