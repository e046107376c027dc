"""Columns of tiles; their bits are tested with the products made of them (``test_product.py``)."""

import numpy as np
import pytest
from chains import chain, lanes, random_matrices
from hypothesis import given, settings
from hypothesis import strategies as st

from fastbp.compiling.jit import program, scalar
from fastbp.kernels.lanes import column, isa, product
from fastbp.kernels.lanes.matrix import FROM_C, Ahead, Matrix, Start, Then
from fastbp.kernels.lanes.sizes import WIDTH

pytestmark = pytest.mark.kernels


@program
def asking(vectors, c, a, b, rows, depth, ahead):
    product.multiply_beside(c, a, b, rows, vectors, depth, Start(b.array, FROM_C), Then(c.at, ahead))


@scalar
def left_of(ahead, tiles):
    """Numbers alone: building blocks count no references to the arrays that they return, of which programs have an own."""
    left = column.beyond(ahead, tiles)
    return left.at, left.row, left.rows, left.columns


@program
def rows_and_rest(vectors, ahead, tiles):
    return column.tile_rows(vectors), left_of(ahead, tiles)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=30)
@given(rows=st.integers(1, 60), depth=st.integers(1, 20), vectors=st.integers(1, WIDTH), asked=st.integers(0, 40), wide=st.integers(0, 50))
def test_whatever_is_asked_for_changes_no_bit(dtype, rows, depth, vectors, asked, wide):
    c, a, b = random_matrices(rows, depth, vectors * lanes(dtype), dtype)
    flat, left, right = c.ravel().copy(), a.T.ravel(), b.ravel()
    # Far outside of the array: asking for memory that is not there is no fault.
    ahead = Ahead(left, 1 << 40, 1 << 20, asked, wide)
    asking(vectors, Matrix(flat, 0, c.shape[1]), Matrix(left, 0, rows), Matrix(right, 0, c.shape[1]), rows, depth, ahead)
    np.testing.assert_array_equal(flat.reshape(c.shape), chain(c, a, b))


def test_each_tile_asks_for_a_line_of_each_row():
    numbers = np.zeros(4, np.float32)
    for vectors in range(1, WIDTH + 1):
        rows, left = rows_and_rest(vectors, Ahead(numbers, 5, 100, 7, 40), 2)
        assert rows == isa.TILES[isa.host()][vectors - 1]
        assert left == (37, 100, 7, 8)
        assert rows_and_rest(vectors, Ahead(numbers, 5, 100, 7, 40), 3)[1][2] == 0
