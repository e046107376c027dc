"""Layers cut by their inputs: when they are, whose these are, and sums that go on from task to task."""

import numpy as np
import pytest
from drawn import draws, up_to
from hypothesis import example, given
from hypothesis import strategies as st
from one_batch import OneBatch

from fastbp.compiling.jit import program
from fastbp.kernels import chain, sharing
from fastbp.kernels.arguments import N_IN
from fastbp.kernels.block import records
from fastbp.kernels.forward import forward_layer
from fastbp.kernels.lanes.sizes import FEW
from fastbp.kernels.places import all_panels
from fastbp.kernels.portions import Batch, Span, Task

pytestmark = pytest.mark.kernels

DTYPES = ["float32", "float64"]


@program
def is_chained(call, one, layer, task):
    given = records(call, one)
    return sharing.is_chained(given.network, given.workspace, layer, given.batch_size, task)


@program
def own_inputs(call, one, layer, task):
    given = records(call, one)
    return sharing.own_inputs(given.network, given.workspace, layer, given.batch_size, task)


@program
def forward_chain(call, one, inputs, task):
    given = records(call, one)
    network, workspace, rows = given.network, given.workspace, given.batch_size
    is_z = chain.forward_chain(network, workspace, given.data, Batch(0, rows, 0, 0, Span(0, rows)), 0, inputs, task)
    if is_z and inputs.end == network.table[0, N_IN]:
        chain.activate_panels(network, workspace, 0, all_panels(workspace, rows))


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
        (800, 128, 1, 2, True),
        (800, 1000, FEW, 2, True),
        (800, 1000, FEW, 1, False),
        (31, 128, FEW, 2, False),
        (800, 127, FEW, 2, False),
        (31, 128, 32, 2, False),  # less than a vector of inputs for each task
        (800, 127, 32, 2, False),  # too few pieces to hand on
        (800, 128, 32, 3, False),
        (800, 1000, 100, 2, False),  # 9 * 100 * 1000 numbers cross, more than 800 * (1000 + 100)
        (1000, 1000, 100, 2, True),
    ],
)
def test_where_the_inputs_are_shared(n_in, n_out, rows, tasks, answer):
    batch = OneBatch([n_in, n_out, 2], rows, dtype="float32", tasks=tasks)
    assert is_chained(*batch.call(), 0, Task(0, tasks, 0)) == answer
    inputs = [own_inputs(*batch.call(), 0, Task(number, tasks, 0)) for number in range(tasks)]
    if not answer:
        assert all(tuple(own) == (0, n_in) for own in inputs)
        return
    assert [i for own in inputs for i in range(*own)] == list(range(n_in))
    assert all(own.begin % batch.lanes == 0 and own.begin < own.end for own in inputs)


@pytest.mark.parametrize(
    ("sizes", "rows", "between", "answers"),
    [
        ([800, 500, 500, 2], FEW, {}, [True, True, False]),
        ([800, 500, 500, 2], 100, {}, [True, True, False]),
        ([16, 500, 500, 2], 100, {}, [False, True, False]),
        ([16, 64, 1000, 1000, 2], 21, {}, [False, True, True, False]),
        ([16, 64, 1000, 1000, 2], 22, {}, [False, False, True, False]),  # less than three inputs for each row
        ([300, 800, 800, 2], 160, {}, [False, True, False]),
        ([300, 800, 800, 2], 161, {}, [False, False, False]),  # less than five: of so many weights a task's part does not stay in its cache
        ([100, 30, 140, 140, 2], 16, {}, [False, False, True, False]),
        ([100, 30, 140, 140, 2], 64, {}, [False, False, False, False]),  # here tasks share panels
        ([800, 500, 500, 2], 100, {"normalization": "layer"}, [True, False, False]),
        ([800, 500, 500, 2], FEW, {"normalization": "layer"}, [False, False, False]),
    ],
)
def test_which_layers_are(sizes, rows, between, answers):
    batch = OneBatch(sizes, rows, dtype="float32", tasks=2, **between)
    assert [is_chained(*batch.call(), layer, Task(0, 2, 0)) for layer in range(len(answers))] == answers


@pytest.mark.parametrize("rows", [FEW, 32])
def test_nothing_is_shared_where_nothing_is_trained(rows):
    batch = OneBatch([800, 128, 2], rows, dtype="float32", tasks=2)
    assert is_chained(*batch.call(), 0, Task(0, 2, 0))
    batch.workspace = batch.workspace._replace(training=0)
    assert not is_chained(*batch.call(), 0, Task(0, 2, 0))


@program
def leaves_z(call, one, layer, task):
    given = records(call, one)
    return chain.leaves_z(given.network, given.workspace, layer, given.batch_size, task)


@pytest.mark.parametrize(
    ("sizes", "rows", "answer"),
    [
        ([800, 128, 10], 128, True),
        ([800, 128, 10], 16, False),  # one panel: its task would activate all
        ([800, 128, 10], FEW, False),  # row by row
        ([800, 512, 512, 10], 128, False),  # the second layer reads all of the first
        ([784, 256, 256, 10], 32, False),  # and is a chain itself here
        ([800, 512], 128, False),  # logits
    ],
)
def test_the_activation_is_left_to_those_who_read_their_own_panels(sizes, rows, answer):
    batch = OneBatch(sizes, rows, dtype="float32", tasks=2)
    assert [leaves_z(*batch.call(), 0, Task(number, 2, 0)) for number in range(2)] == [answer] * 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tasks", [1, 2, 3])
@draws(8)
@given(n_in=st.integers(48, up_to(150, 70)), n_out=st.integers(1, up_to(300, 150)), rows=st.integers(1, 60))
@example(n_in=150, n_out=300, rows=FEW)
def test_the_last_task_ends_with_the_bits_of_one(tasks, dtype, n_in, n_out, rows):
    alone = prepared(n_in, n_out, rows, dtype=dtype)
    forward(*alone.call(), alone.panels, Span(0, n_out), Span(0, n_in))
    shared = prepared(n_in, n_out, rows, dtype=dtype, tasks=tasks)
    cuts = [n_in * number // tasks // shared.lanes * shared.lanes for number in range(tasks)]
    # One after the other each finds what it would wait for.
    for number, inputs in enumerate(map(Span, cuts, [*cuts[1:], n_in])):
        forward_chain(*shared.call(), inputs, Task(number, tasks, 0))
    found, whole = (batch.workspace.activations[batch.held(0, "out")] for batch in (shared, alone))
    np.testing.assert_array_equal(found, whole)
