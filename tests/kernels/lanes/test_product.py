import numpy as np
import pytest
from cases import close
from chains import chain, inside, lanes, random_matrices, taken_out
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import product
from fastbp.kernels.lanes.column import MIDDLE
from fastbp.kernels.lanes.isa import pages_collide
from fastbp.kernels.lanes.matrix import FROM_C, FROM_ZERO, Ahead, Depth, Matrix, Start, Then
from fastbp.kernels.lanes.panels import strip_of
from fastbp.kernels.lanes.sizes import CHUNK, DEPTH, FEW, ROW, WIDTH

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
ROWS, VECTORS = st.integers(1, 60), st.integers(1, WIDTH)
# Beyond the rows and steps of a block of A there is room to the next multiple of the lanes, whose content has no meaning.
ROOM = 16


@program
def multiply_beside(c, a, b, rows, vectors, depth, start):
    product.multiply_beside(c, a, b, rows, vectors, depth, start, Then(c.at, Ahead(b.array, b.at, b.row, depth, 20)))


@program
def multiply_in_place(c, a, b, rows, vectors, depth, start):
    product.multiply_in_place(c, a, b, rows, vectors, depth, start, c.at)


@program
def packs(array, row, panels):
    return product.packs_beside(array, row, panels), product.packs_apart(array, row, panels)


@program
def multiply_apart(c, a, b, rows, vectors, depth, start):
    product.multiply_apart(c, a, b, rows, vectors, depth, start)


@program
def multiply_strip(c, a, b, rows, vectors, depth, start):
    strip, lanes = strip_of(rows, vectors), c.row // vectors
    for j in range(0, vectors, strip):
        right = Matrix(b.array, b.at + j * lanes, b.row)
        product.multiply_strip(Matrix(c.array, c.at + j * lanes, c.row), a, right, rows, min(strip, vectors - j), depth, start)


@program
def pack_beside(out, a, rows, depth):
    product.pack_beside(out, a, rows, depth)


@program
def pack_apart(out, a, rows, depth):
    product.pack_apart(out, a, rows, depth)


def multiply(c, a, b, *, beside, start_at=FROM_C, start=None, part=None, gap=3, in_place=False):
    """C + A B by the kernel, each matrix somewhere inside a larger array; NaNs around C must still be there."""
    (rows, columns), depth = c.shape, b.shape[0]
    start = np.full(1, np.nan, c.dtype) if start is None else np.concatenate([np.full(start_at, np.nan, c.dtype), start])
    flat_c, c_row = inside(c, 5, gap)
    flat_b, b_row = inside(b, 7, gap)
    out, right, first, vectors = Matrix(flat_c, 5, c_row), Matrix(flat_b, 7, b_row), Start(start, start_at), columns // lanes(c.dtype)
    if beside:
        flat_a, a_row = inside(a.T, 2, gap)
        multiply_beside(out, Matrix(flat_a, 2, a_row), right, rows, vectors, depth, first)
    else:
        part = part or depth
        parts = np.full((rows, -(-depth // part) * part), np.nan, a.dtype)
        parts[:, :depth] = a
        flat_a, a_row = inside(parts.reshape(rows, -1, part).transpose(1, 0, 2).reshape(-1, part), 2, gap)
        whole = Matrix(flat_a, 2, a_row)
        if in_place:
            multiply_in_place(out, whole, right, rows, vectors, depth, first)
        else:
            multiply_apart(out, whole, right, rows, vectors, Depth(depth, part, rows * a_row), first)
    return taken_out(flat_c, 5, c_row, columns)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [False, True], ids=["apart", "beside"])
@settings(max_examples=40)
@given(rows=ROWS, depth=st.integers(1, 40), vectors=VECTORS, gap=st.integers(0, 3))
@example(1, DEPTH + 3, 1, 0)
@example(CHUNK, DEPTH, WIDTH, 0)
@example(CHUNK + 5, 2, 1, 1)
def test_an_element_is_one_chain_whatever_the_tiles(beside, dtype, rows, depth, vectors, gap):
    c, a, b = random_matrices(rows, depth, vectors * lanes(dtype), dtype)
    found = multiply(c, a, b, beside=beside, gap=gap)
    np.testing.assert_array_equal(found, chain(c, a, b))
    if not beside:
        np.testing.assert_array_equal(multiply(c, a, b, beside=False, gap=gap, in_place=True), found)
    exact = c.astype(np.longdouble) + a.astype(np.longdouble) @ b.astype(np.longdouble)
    close([found], [exact], rtol=(depth + 1) * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=30)
@given(rows=st.integers(1, FEW), depth=st.integers(1, 30), vectors=st.integers(1, 2 * ROW + 1))
def test_a_few_rows_are_chains_too_strip_by_strip(dtype, rows, depth, vectors):
    room = -(-rows // MIDDLE) * MIDDLE
    c, a, b = random_matrices(room, depth, vectors * lanes(dtype), dtype)
    c[rows:] = np.nan
    found, columns = c.ravel().copy(), c.shape[1]
    out, right = Matrix(found, 0, columns), Matrix(b.ravel(), 0, columns)
    multiply_strip(out, Matrix(a.ravel(), 0, depth), right, rows, vectors, depth, Start(np.zeros(1, dtype), FROM_C))
    np.testing.assert_array_equal(found.reshape(room, columns)[:rows], chain(c[:rows], a[:rows], b))
    assert np.isnan(found.reshape(room, columns)[rows:]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [False, True], ids=["apart", "beside"])
@settings(max_examples=30)
@given(rows=ROWS, depth=st.integers(1, 20), vectors=VECTORS, start_at=st.integers(0, 5))
def test_sums_begin_where_they_are_told(beside, dtype, rows, depth, vectors, start_at):
    c, a, b = random_matrices(rows, depth, vectors * lanes(dtype), dtype)
    held, start = np.full_like(c, np.inf), c[:, 0].copy()
    np.testing.assert_array_equal(multiply(held, a, b, beside=beside, start_at=FROM_ZERO), chain(0, a, b))
    found = multiply(held, a, b, beside=beside, start_at=start_at, start=start)
    np.testing.assert_array_equal(found, chain(start[:, np.newaxis], a, b))


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=30)
@given(rows=ROWS, part=st.integers(1, 12), depth=st.integers(1, 50), vectors=VECTORS)
def test_the_depth_may_come_in_parts(dtype, rows, part, depth, vectors):
    c, a, b = random_matrices(rows, depth, vectors * lanes(dtype), dtype)
    np.testing.assert_array_equal(multiply(c, a, b, beside=False, part=part), chain(c, a, b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [False, True], ids=["apart", "beside"])
@settings(max_examples=20)
@given(rows=st.integers(1, 30), depth=st.integers(1, 40), vectors=VECTORS)
def test_a_row_has_the_same_bits_alone_and_among_others(beside, dtype, rows, depth, vectors):
    c, a, b = random_matrices(rows, depth, vectors * lanes(dtype), dtype)
    alone = [multiply(c[i : i + 1], a[i : i + 1], b, beside=beside) for i in range(rows)]
    np.testing.assert_array_equal(multiply(c, a, b, beside=beside), np.concatenate(alone))


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_are_copied_for_many_panels_where_their_rows_lie_pages_apart_and_small_tiles_read_them_turned(dtype):
    array, page = np.zeros(1, dtype), 4096 // np.dtype(dtype).itemsize
    for row in (page, 3 * page, page + 1, page // 2):
        pages, small = row % page == 0, WIDTH < 3
        assert packs(array, row, product.PANELS_TO_PACK - 1) == (False, False)
        assert packs(array, row, product.PANELS_TO_PACK) == (small or (pages and pages_collide()), pages and pages_collide())
        assert packs(array, row, 20) == (small or pages, pages and pages_collide())


def packed(a, *, beside, out_at=4):
    """The block that holds A, ``[step][row]``; what is neither A nor room to the next multiple of the lanes must be untouched."""
    rows, depth = a.shape
    out = np.full(out_at + CHUNK * (depth + ROOM), -7, a.dtype)
    # The kernels read whole vectors of steps: what lies behind a row must be there, whatever it is.
    flat, a_row = inside(a.T if beside else a, 3, 2)
    flat = np.concatenate([flat, np.full(ROOM, np.nan, a.dtype)])
    if beside:
        pack_beside(Matrix(out, out_at, CHUNK), Matrix(flat, 3, a_row), rows, depth)
    else:
        pack_apart(Matrix(out, out_at, CHUNK), Matrix(flat, 3, a_row), rows, depth)
    assert (out[:out_at] == -7).all()
    block = out[out_at:].reshape(-1, CHUNK)
    used_rows, used_depth = (-(-n // lanes(a.dtype)) * lanes(a.dtype) for n in (rows, depth))
    assert (block[used_depth:] == -7).all()
    assert (block[:, used_rows:] == -7).all()
    return out


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [False, True], ids=["apart", "beside"])
@settings(max_examples=50)
@given(rows=st.integers(1, CHUNK), depth=st.integers(1, 40))
@example(CHUNK, DEPTH)
@example(CHUNK, 1)
@example(1, DEPTH)
def test_packed_numbers_lie_step_by_step(beside, dtype, rows, depth):
    _, a, _ = random_matrices(rows, depth, 1, dtype)
    block = packed(a, beside=beside)[4:].reshape(-1, CHUNK)
    np.testing.assert_array_equal(block[:depth, :rows], a.T)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [False, True], ids=["apart", "beside"])
@settings(max_examples=30)
@given(rows=st.integers(1, CHUNK), depth=st.integers(1, 40), vectors=VECTORS)
def test_packing_changes_no_bit(beside, dtype, rows, depth, vectors):
    c, a, b = random_matrices(rows, depth, vectors * lanes(dtype), dtype)
    flat_c, flat_b = c.ravel().copy(), b.ravel()
    out, left, right = Matrix(flat_c, 0, c.shape[1]), Matrix(packed(a, beside=beside), 4, CHUNK), Matrix(flat_b, 0, c.shape[1])
    multiply_beside(out, left, right, rows, vectors, depth, Start(flat_b, FROM_C))
    np.testing.assert_array_equal(flat_c.reshape(c.shape), multiply(c, a, b, beside=beside))
