import numpy as np
import pytest
from cases import close, random_model
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastbp import layout
from fastbp._jit import program
from fastbp.kernels import gradient as kernels
from fastbp.kernels.arguments import N_IN, N_OUT, UNITS_IN, UNITS_OUT

pytestmark = pytest.mark.kernels

SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=4)


@program
def gradient(network, workspace, gradients, rows, tasks):
    kernels.gradient(network, workspace, gradients, rows, tasks)


def filled_workspace(model, rows, spare):
    """Random units and deltas of each layer, and NaN everywhere else."""
    workspace = layout.workspace(model.network, rows + spare, 0, training=True)
    random, inputs, deltas = np.random.default_rng(rows), [], []
    workspace.activations[:] = workspace.deltas[:] = np.nan
    for row in model.network.table:
        for array, found, place, width in (
            (workspace.activations, inputs, row[UNITS_IN], row[N_IN]),
            (workspace.deltas, deltas, row[UNITS_OUT], row[N_OUT]),
        ):
            begin = workspace.capacity * place
            array[begin : begin + rows * width] = random.normal(size=rows * width)
            found.append(array[begin : begin + rows * width].reshape(rows, width))
    return workspace, inputs, deltas


def run(model, workspace, rows, tasks):
    """dW of each layer and db of each layer; the padding between them stays as it was."""
    gradients = np.full_like(model.network.parameters, 7.0)
    gradient(model.network, workspace, gradients, rows, tasks)
    weights, biases = layout.matrices(gradients, model.network.table)
    assert np.count_nonzero(gradients == 7.0) == gradients.size - model.n_parameters
    return [*weights, *biases]


@settings(max_examples=100)
@given(layer_sizes=SIZES, rows=st.integers(1, 40), spare=st.integers(0, 3))
@example([3, 6, 2], 259, 0)
@example([5, 515], 3, 1)
def test_gradients_are_products_of_units_and_deltas(layer_sizes, rows, spare):
    model = random_model(layer_sizes)
    workspace, inputs, deltas = filled_workspace(model, rows, spare)
    wanted = [a.T @ d for a, d in zip(inputs, deltas, strict=True)] + [d.sum(axis=0) for d in deltas]
    # A sum's rounding error is relative to its terms, which may cancel.
    close(run(model, workspace, rows, 1), wanted, rtol=1e-14, atol=1e-14 * rows)


@settings(max_examples=50)
@given(layer_sizes=SIZES, rows=st.integers(1, 40), tasks=st.integers(2, 5))
@example([9, 5, 1], 40, 2)
def test_tasks_change_no_bit(layer_sizes, rows, tasks):
    model = random_model(layer_sizes)
    workspace, _, _ = filled_workspace(model, rows, 1)
    np.testing.assert_equal(run(model, workspace, rows, tasks), run(model, workspace, rows, 1))


def test_rows_are_added_in_the_order_of_the_batch():
    model = random_model([6, 5])
    workspace, _, deltas = filled_workspace(model, 9, 0)
    total = np.zeros(5)
    for row in deltas[0]:
        total = total + row
    np.testing.assert_array_equal(run(model, workspace, 9, 2)[1], total)
