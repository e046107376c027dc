"""Addresses that stand for arrays are read and written as the arrays are."""

import numba
import numpy as np
import pytest
from numba.core.imputils import impl_ret_borrowed
from numba.types import IntegerLiteral

from fastbp import layout
from fastbp.activations import Identity
from fastbp.compiling.jit import DISABLED, data_pointer, operation, program
from fastbp.kernels.arguments import COLUMNS_OF_TABLE, N_OUT, Network
from fastbp.kernels.codes import LAYER_SETTINGS
from fastbp.kernels.lanes.buffer import CHECKED, Buffer, kind_of
from fastbp.kernels.lanes.memory import load, store
from fastbp.kernels.lanes.panels import lanes_of

pytestmark = pytest.mark.kernels


@operation(lambda array, columns: array)
def addressed(typingctx, array, columns):
    """An array as its address; `columns` is the literal length of its rows, or 0 for a flat one."""
    if not isinstance(columns, IntegerLiteral):
        return None
    kind = array if CHECKED else Buffer(array.dtype, columns.literal_value)

    def emit(context, builder, signature, arguments):
        if CHECKED:
            return impl_ret_borrowed(context, builder, array, arguments[0])
        return data_pointer(context, builder, array, arguments[0])

    return kind(array, columns), emit


@program
def swap(array, i, j):
    flat = addressed(array, 0)
    flat[i], flat[j] = flat[j], flat[i]


@program
def copy_column(table, column, out):
    rows, flat = addressed(table, COLUMNS_OF_TABLE), addressed(out, 0)
    for i in range(table.shape[0]):
        flat[i] = rows[i, column]


@program
def copy_row(table, row, out):
    numbers, flat = addressed(table, COLUMNS_OF_TABLE)[row], addressed(out, 0)
    for i in range(COLUMNS_OF_TABLE):
        flat[np.uint64(i)] = numbers[i]


@program
def set_element(table, row, column, value):
    rows = addressed(table, COLUMNS_OF_TABLE)
    rows[row, column] = value


@program
def copy_vectors(source, out):
    read, written = addressed(source, 0), addressed(out, 0)
    for i in range(0, source.size, lanes_of(read)):
        store(written, i, load(read, i))


TABLE = np.arange(5 * COLUMNS_OF_TABLE).reshape(5, COLUMNS_OF_TABLE)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_elements(dtype):
    array = np.arange(7).astype(dtype)
    swap(array, 2, 5)
    np.testing.assert_array_equal(array, [0, 1, 5, 3, 4, 2, 6])


def test_rows_and_columns():
    column, row = np.zeros(5, np.int64), np.zeros(COLUMNS_OF_TABLE, np.int64)
    copy_column(TABLE, N_OUT, column)
    copy_row(TABLE, 3, row)
    np.testing.assert_array_equal(column, TABLE[:, N_OUT])
    np.testing.assert_array_equal(row, TABLE[3])


def test_setting_an_element_of_a_table():
    table = TABLE.copy()
    set_element(table, 4, 2, -1)
    wanted = TABLE.copy()
    wanted[4, 2] = -1
    np.testing.assert_array_equal(table, wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vectors(dtype):
    source = np.random.default_rng(0).normal(size=64).astype(dtype)
    out = np.zeros_like(source)
    copy_vectors(source, out)
    np.testing.assert_array_equal(out, source)


@pytest.mark.skipif(DISABLED or CHECKED, reason="kernels get the arrays themselves")
def test_kinds_of_records():
    dtype = np.dtype(np.float32)
    network = Network(1, 32, layout.table_of([1, 1], [Identity()], dtype), np.zeros((1, LAYER_SETTINGS), dtype), np.zeros(32, dtype))
    kinds = kind_of(network).types
    assert kinds[:2] == (numba.int64, numba.int64)
    assert kinds[2:] == (Buffer(numba.int64, COLUMNS_OF_TABLE), Buffer(numba.float32, LAYER_SETTINGS), Buffer(numba.float32))
    assert kind_of(np.float32(1)) == numba.float32
