import numpy as np
import pytest
from cases import random_weights
from hypothesis import given, settings
from hypothesis import strategies as st

from fastbp import layout
from fastbp._jit import program
from fastbp.activations import Identity
from fastbp.data import Rows
from fastbp.kernels import codes, gather
from fastbp.kernels.arguments import Network

pytestmark = pytest.mark.kernels

# Types that the kernels convert themselves, then types that are copied into one of these before.
TYPES = [*(dtype.str for dtype in codes.DTYPES), "?", "f2", "i1", "u2", "u4", "u8", ">f8", ">i4"]


@program
def gather_batch(data, first, workspace, rows, total_weight):
    gather.gather_inputs(data, first, workspace, 0, rows)
    gather.gather_targets(data, first, workspace, rows, total_weight)


def batch(inputs, targets, weights=None, *, order=None, first=0, rows=None, total_weight=0.0, dtype="f8"):
    """What the kernel reads: inputs, targets, and each row's share in the loss."""
    data = Rows(inputs, targets, None if weights is None else weights[:, np.newaxis])
    order = np.arange(len(inputs)) if order is None else order
    rows = len(order) - first if rows is None else rows
    n_in, n_out = inputs.shape[1], targets.shape[1]
    table, dtype = layout.table_of([n_in, n_out], [Identity()], np.dtype(dtype)), np.dtype(dtype)
    workspace = layout.workspace(Network(table, np.zeros(1, dtype), np.zeros(1, dtype)), rows + 2, n_out, training=False)
    for buffer in (workspace.activations, workspace.targets, workspace.row_weights):
        buffer[:] = -7
    gather_batch(data.data(order), first, workspace, rows, dtype.type(total_weight))
    assert (workspace.activations[rows * n_in :] == -7).all()
    assert (workspace.targets[rows * n_out :] == -7).all()
    assert (workspace.row_weights[rows:] == -7).all()
    shape = slice(rows * n_in), slice(rows * n_out)
    return (
        workspace.activations[shape[0]].reshape(rows, n_in),
        workspace.targets[shape[1]].reshape(rows, n_out),
        workspace.row_weights[:rows],
    )


def numbers(rows, columns, kind, seed=0):
    values = np.random.default_rng([rows, columns, seed]).integers(0, 120, (rows, columns))
    return (values % 2 == 0) if kind == "?" else values.astype(kind)


@pytest.mark.parametrize("kind", TYPES)
def test_rows_of_any_type_are_converted_exactly(kind):
    inputs, targets = numbers(7, 5, kind), numbers(7, 3, kind, seed=1)
    found = batch(inputs, targets)
    np.testing.assert_array_equal(found[0], inputs)
    np.testing.assert_array_equal(found[1], targets)


@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "i4", "i8"])
def test_negative_numbers_and_extremes_are_converted(kind):
    info = np.finfo(kind) if kind[0] == "f" else np.iinfo(kind)
    inputs = np.array([[info.min, -1, 0, 1, info.max]], kind)
    np.testing.assert_array_equal(batch(inputs, inputs)[0], inputs.astype(np.float64))


@pytest.mark.parametrize("kind", ["f8", "i4", "i8"])
def test_rows_are_rounded_to_the_type_of_the_model(kind):
    inputs = np.random.default_rng(0).uniform(-(2**30), 2**30, (7, 5)).astype(kind)
    found = batch(inputs, inputs, dtype="f4")
    np.testing.assert_array_equal(found[0], inputs.astype("f4"))
    np.testing.assert_array_equal(found[1], inputs.astype("f4"))


@settings(max_examples=60)
@given(rows=st.integers(1, 40), columns=st.integers(1, 40), width=st.integers(1, 9), data=st.data())
def test_a_batch_holds_the_rows_that_the_order_names(rows, columns, width, data):
    order = np.array(data.draw(st.permutations(range(rows))), np.int64)
    first = data.draw(st.integers(0, rows - 1))
    count = data.draw(st.integers(1, rows - first))
    inputs, targets = numbers(rows, columns, "f8"), numbers(rows, width, "f4", seed=1)
    found = batch(inputs, targets, order=order, first=first, rows=count)
    np.testing.assert_array_equal(found[0], inputs[order[first : first + count]])
    np.testing.assert_array_equal(found[1], targets[order[first : first + count]])


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda array: array[::2], id="every second row"),
        pytest.param(lambda array: array[::-1], id="rows backwards"),
        pytest.param(lambda array: array[:, 1:4], id="some columns"),
        pytest.param(lambda array: array[:, ::2], id="every second column"),
        pytest.param(lambda array: array[:, ::-1], id="columns backwards"),
        pytest.param(lambda array: array[:, 2:3], id="one column"),
        pytest.param(lambda array: np.asfortranarray(array), id="column order"),
        pytest.param(lambda array: np.broadcast_to(array[:1], (6, array.shape[1])), id="one row repeated"),
    ],
)
def test_views_are_read_where_they_lie(view):
    inputs = view(numbers(8, 5, "f4"))
    np.testing.assert_array_equal(batch(inputs, inputs)[0], inputs)


def test_an_array_may_begin_at_any_byte():
    raw = np.zeros(1 + 6 * 4 * 8, np.uint8)
    inputs = raw[1:].view("f8").reshape(6, 4)
    inputs[:] = numbers(6, 4, "f8")
    assert not inputs.flags.aligned
    np.testing.assert_array_equal(batch(inputs, inputs)[0], inputs)


@settings(max_examples=40)
@given(rows=st.integers(1, 40), seed=st.integers(0, 100))
def test_shares_are_weights_over_their_sum(rows, seed):
    X, weights = numbers(rows, 2, "f8"), random_weights(rows, seed=seed)
    np.testing.assert_allclose(batch(X, X, weights)[2], weights / weights.sum(), rtol=1e-14)
    np.testing.assert_array_equal(batch(X, X)[2], np.full(rows, 1 / rows))


def test_a_given_total_replaces_the_sum():
    X, weights = numbers(6, 2, "f8"), random_weights(6)
    np.testing.assert_array_equal(batch(X, X, weights, total_weight=32.0)[2], weights / 32)
    np.testing.assert_array_equal(batch(X, X, total_weight=32.0)[2], np.full(6, 1 / 32))


def test_weights_follow_the_order_and_all_zeros_give_shares_of_zero():
    X, weights = numbers(4, 2, "f8"), np.array([1.0, 0.0, 3.0, 0.0])
    np.testing.assert_array_equal(batch(X, X, weights, order=np.array([2, 1, 0, 3]))[2], [0.75, 0, 0.25, 0])
    np.testing.assert_array_equal(batch(X, X, weights, order=np.array([3, 1]))[2], [0, 0])
