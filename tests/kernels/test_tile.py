import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastbp._jit import program
from fastbp.kernels import product
from fastbp.kernels.isa import TILES, host
from fastbp.kernels.sizes import CHUNK, WIDTH
from fastbp.kernels.tile import FROM_C, FROM_ZERO
from fastbp.kernels.tile import multiply as tile

pytestmark = pytest.mark.kernels

SHAPES = sorted({(rows, v + 1) for v, most in enumerate(TILES[host()].rows) for rows in (most, min(4, most), 1)})
TOLERANCE = {"float32": 1e-5, "float64": 1e-13}
DTYPES = list(TOLERANCE)


def tile_program(rows, vectors, beside):
    @program
    def run(c, c0, c_row, a, a0, a_step, a_jump, b, b0, b_row, depth, jumps, start, start0):
        tile(c, c0, c_row, a, a0, a_step, a_jump, b, b0, b_row, depth, jumps, start, start0, rows, vectors, beside)

    return run


PROGRAMS = {(*shape, beside): tile_program(*shape, beside) for shape in SHAPES for beside in (0, 1)}


@program
def multiply(beside, c, c0, c_row, a, a0, a_step, a_jump, b, b0, b_row, rows, depth, jumps, vectors, start, start0):
    if beside:
        product.multiply_beside(c, c0, c_row, a, a0, a_step, b, b0, b_row, rows, depth, vectors, start, start0)
    else:
        product.multiply_apart(c, c0, c_row, a, a0, a_step, a_jump, b, b0, b_row, rows, depth, jumps, vectors, start, start0)


@program
def pack(beside, out, out0, a, a0, a_step, rows, depth):
    if beside:
        product.pack_beside(out, out0, a, a0, a_step, rows, depth)
    else:
        product.pack_apart(out, out0, a, a0, a_step, rows, depth)


def matrices(dtype, rows, vectors, depth, jumps, beside):
    """C, A and B inside flat arrays with NaN around, as arguments, and a view of C."""
    random = np.random.default_rng([rows, vectors, depth, jumps, beside])
    columns, gap = vectors * 64 // np.dtype(dtype).itemsize, 3
    c = np.full((rows, columns + gap), np.nan, dtype)
    c[:, :columns] = random.normal(size=(rows, columns))
    left = random.normal(size=(rows, jumps * depth)).astype(dtype)
    if beside:
        a = np.full((jumps * depth, rows + gap), np.nan, dtype)
        a[:, :rows] = left.T
        step, jump = rows + gap, depth * (rows + gap)
    else:
        a = np.full((jumps, rows, depth + gap), np.nan, dtype)
        a[..., :depth] = left.reshape(rows, jumps, depth).swapaxes(0, 1)
        step, jump = depth + gap, rows * (depth + gap)
    b = np.full((jumps * depth, columns + gap), np.nan, dtype)
    b[:, :columns] = random.normal(size=(jumps * depth, columns))
    return c, left, np.append(a.ravel(), np.array(np.nan, dtype)), (step, jump), b, columns


def expected(start, left, right, dtype):
    """Chains of multiply-adds, one rounding each, by way of long doubles."""
    total = start.astype(dtype)
    for k in range(left.shape[1]):
        exact = left[:, k : k + 1].astype(np.longdouble) * right[k].astype(np.longdouble) + total
        total = exact.astype(dtype)
    return total


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("rows", "vectors", "beside"), PROGRAMS)
@pytest.mark.parametrize("start0", [FROM_C, FROM_ZERO, 2])
def test_every_tile(dtype, rows, vectors, beside, start0):
    for depth, jumps in ((1, 1), (7, 1), (5, 3)):
        c, left, a, (step, jump), b, columns = matrices(dtype, rows, vectors, depth, jumps, beside)
        start = np.arange(rows + 2).astype(dtype)
        begin = {FROM_C: c[:, :columns].copy(), FROM_ZERO: np.zeros((rows, columns))}.get(start0, np.repeat(start[2:, None], columns, 1))
        flat = np.concatenate([np.full(5, np.nan, dtype), c.ravel()])
        PROGRAMS[rows, vectors, beside](flat, 5, c.shape[1], a, 0, step, jump, b.ravel(), 0, b.shape[1], depth, jumps, start, start0)
        found = flat[5:].reshape(c.shape)
        wanted = expected(begin, left, b[:, :columns], dtype)
        np.testing.assert_allclose(found[:, :columns], wanted, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert np.isnan(found[:, columns:]).all()
        assert np.isnan(flat[:5]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [0, 1])
@settings(max_examples=30)
@given(rows=st.integers(1, 60), depth=st.integers(1, 40), vectors=st.integers(1, WIDTH))
def test_rows_are_cut_into_tiles_without_a_trace(dtype, beside, rows, depth, vectors):
    c, left, a, (step, jump), b, columns = matrices(dtype, rows, vectors, depth, 1, beside)
    flat = c.ravel().copy()
    multiply(beside, flat, 0, c.shape[1], a, 0, step, jump, b.ravel(), 0, b.shape[1], rows, depth, 1, vectors, flat, FROM_C)
    found = flat.reshape(c.shape)
    assert np.isnan(found[:, columns:]).all()
    one = c.ravel().copy()
    for i in range(rows):
        place = i if beside else i * step
        multiply(beside, one, i * c.shape[1], c.shape[1], a, place, step, jump, b.ravel(), 0, b.shape[1], 1, depth, 1, vectors, one, FROM_C)
    np.testing.assert_array_equal(found, one.reshape(c.shape))
    np.testing.assert_allclose(found[:, :columns], c[:, :columns] + left @ b[:, :columns], rtol=2e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [0, 1])
@settings(max_examples=30)
@given(rows=st.integers(1, CHUNK), depth=st.integers(1, 40))
def test_packing_moves_numbers_and_changes_none(dtype, beside, rows, depth):
    random = np.random.default_rng([rows, depth])
    lanes = 64 // np.dtype(dtype).itemsize
    left = random.normal(size=(rows, depth)).astype(dtype)
    matrix = left.T if beside else left
    a = np.concatenate([np.ascontiguousarray(matrix).ravel(), np.zeros(lanes, dtype)])
    out = np.full((depth + lanes) * CHUNK, np.nan, dtype)
    pack(beside, out, 0, a, 0, matrix.shape[1], rows, depth)
    np.testing.assert_array_equal(out[: depth * CHUNK].reshape(depth, CHUNK)[:, :rows], left.T)
