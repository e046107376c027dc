import numpy as np
import pytest
from cases import close
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastbp._jit import program
from fastbp.kernels import product

pytestmark = pytest.mark.kernels

SIZES = st.integers(1, 40)


@program
def accumulate(c, c0, c_row, a, a0, a_row, a_depth, b, b0, b_row, rows, depth, columns):
    product.accumulate(c, c0, c_row, a, a0, a_row, a_depth, b, b0, b_row, rows, depth, columns)


@program
def share(n, tasks, task, grain):
    return product.share(n, tasks, task, grain)


def inside(matrix, before, gap):
    """A flat array with the rows of `matrix` in it, `gap` NaNs after each and `before` NaNs ahead, and the distance of two rows."""
    rows, columns = matrix.shape
    flat = np.full((rows, columns + gap), np.nan)
    flat[:, :columns] = matrix
    return np.concatenate([np.full(before, np.nan), flat.ravel()]), columns + gap


def multiply(c, a, b, *, transposed=False, gap=3):
    """C + A B by the kernel, each matrix somewhere inside a larger array; NaNs around C must still be there."""
    (rows, columns), depth = c.shape, b.shape[0]
    flat_c, c_row = inside(c, 5, gap)
    flat_a, a_row = inside(a.T.copy() if transposed else a, 2, gap)
    flat_b, b_row = inside(b, 7, gap)
    strides = (1, a_row) if transposed else (a_row, 1)
    accumulate(flat_c, 5, c_row, flat_a, 2, *strides, flat_b, 7, b_row, rows, depth, columns)
    grid = flat_c[5:].reshape(rows, c_row)
    assert np.isnan(flat_c[:5]).all()
    assert np.isnan(grid[:, columns:]).all()
    return grid[:, :columns]


def random_matrices(rows, depth, columns):
    random = np.random.default_rng([rows, depth, columns])
    return random.normal(size=(rows, columns)), random.normal(size=(rows, depth)), random.normal(size=(depth, columns))


@settings(max_examples=60)
@given(rows=SIZES, depth=SIZES, columns=SIZES, transposed=st.booleans(), gap=st.integers(0, 3))
@example(3, 259, 2, False, 0)
@example(5, 514, 2, True, 1)
@example(5, 2, 515, False, 0)
@example(2, 258, 514, True, 1)
def test_the_product_is_added_to_what_is_there(rows, depth, columns, transposed, gap):
    c, a, b = random_matrices(rows, depth, columns)
    close([multiply(c, a, b, transposed=transposed, gap=gap)], [c + a @ b], rtol=1e-13)


@settings(max_examples=30)
@given(rows=SIZES, depth=SIZES, columns=SIZES)
@example(6, 259, 3)
@example(6, 3, 515)
def test_a_row_has_the_same_bits_alone_and_among_others(rows, depth, columns):
    c, a, b = random_matrices(rows, depth, columns)
    together = multiply(c, a, b)
    alone = [multiply(c[i : i + 1], a[i : i + 1], b) for i in range(rows)]
    np.testing.assert_array_equal(together, np.concatenate(alone))


@settings(max_examples=30)
@given(rows=st.integers(1, 9), depth=SIZES, columns=st.integers(1, 9))
@example(5, 300, 2)
def test_terms_are_added_one_after_the_other(rows, depth, columns):
    c, a, b = random_matrices(rows, depth, columns)
    step_by_step = c
    for k in range(depth):
        step_by_step = multiply(step_by_step, a[:, k : k + 1], b[k : k + 1])
    np.testing.assert_array_equal(multiply(c, a, b), step_by_step)


@settings(max_examples=100)
@given(n=st.integers(0, 300), tasks=st.integers(1, 20), grain=st.sampled_from([1, 4, 16]))
def test_shares_cut_a_range_into_whole_blocks(n, tasks, grain):
    parts = [share(n, tasks, task, grain) for task in range(tasks)]
    assert [i for begin, end in parts for i in range(begin, end)] == list(range(n))
    assert all(begin % grain == 0 for begin, end in parts if begin < end)
    blocks = [-(-(end - begin) // grain) for begin, end in parts]
    assert max(blocks) - min(blocks) <= 1
