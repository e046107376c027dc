"""The columns of a layer, the way back to the layer below, and products of columns that threads share."""

import numba
import numpy as np
import pytest

from fastbp.kernels.jacobian import TOGETHER, add_products, go_back, write_layer

pytestmark = pytest.mark.kernels

TWO = pytest.param(2, marks=pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba was started with one thread"))
RANDOM = np.random.default_rng(0)
# With the JIT off every loop is Python's.
SIZES = [1, 3, 4, 9] + ([] if numba.config.DISABLE_JIT else [130, 1030])


def test_the_columns_of_a_layer_are_products_of_inputs_and_deltas():
    inputs, deltas, found = RANDOM.normal(size=(3, 4)), RANDOM.normal(size=(3, 2, 5)), np.zeros((6, 1 + 4 * 5 + 5 + 2))
    write_layer(inputs, deltas, found, 1)
    weights = np.einsum("np,nkq->nkpq", inputs, deltas).reshape(6, 20)
    assert np.array_equal(found, np.column_stack([np.zeros(6), weights, deltas.reshape(6, 5), np.zeros((6, 2))]))


def test_deltas_go_back_through_weights_and_slopes():
    deltas, weights, slopes = (RANDOM.normal(size=size) for size in ((3, 2, 5), (4, 5), (3, 4)))
    found = np.zeros((3, 2, 4))
    go_back(deltas, weights, slopes, found)
    np.testing.assert_allclose(found, deltas @ weights.T * slopes[:, np.newaxis], rtol=1e-13)


@pytest.mark.parametrize("size", SIZES)
def test_products_are_added_on_and_above_the_diagonal(size):
    columns, found = RANDOM.normal(size=(5 * TOGETHER, size)), np.ones((size, size))
    add_products(columns, found, 1)
    np.testing.assert_allclose(np.triu(found), np.triu(1 + columns.T @ columns), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("tasks", [TWO, 3])
@pytest.mark.parametrize("size", SIZES)
def test_tasks_change_no_bit(size, tasks):
    columns, one, several = RANDOM.normal(size=(3 * TOGETHER, size)), np.zeros((size, size)), np.zeros((size, size))
    add_products(columns, one, 1)
    add_products(columns, several, tasks)
    assert np.array_equal(np.triu(one), np.triu(several)) and one.diagonal().all()
