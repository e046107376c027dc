from functools import cache

import numpy as np
import pytest
from chains import chain, inside, lanes, random_matrices, taken_out
from hypothesis import given, settings
from hypothesis import strategies as st

from fastbp.compiling.jit import DISABLED, program, scalar
from fastbp.kernels.lanes import isa, tile
from fastbp.kernels.lanes.matrix import FROM_C, FROM_ZERO, Depth, Matrix, Start
from fastbp.kernels.lanes.sizes import WIDTH

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
GIVEN = 3
LARGEST = isa.TILES[isa.host()]
SHAPES = sorted({(rows, v + 1) for v, most in enumerate(LARGEST) for rows in (most, min(4, most), 1)})


@cache
def compiled(rows, vectors, beside, asking=0):
    @program
    def multiply(c, a, b, depth, start):
        tile.multiply(c, a, b, depth, start, rows, vectors, beside, asking)

    return multiply


def placed(a, depth, gap, beside):
    """A as the tile reads it: a flat array with NaNs in its gaps, where it begins, and the strides of rows and of parts."""
    rows, total = a.shape
    jumps = -(-total // depth)
    grid = np.full((jumps, depth + 1, rows + gap) if beside else (jumps, rows + 1, depth + gap), np.nan, a.dtype)
    for j in range(jumps):
        part = a[:, j * depth : (j + 1) * depth]
        if beside:
            grid[j, : part.shape[1], :rows] = part.T
        else:
            grid[j, :rows, : part.shape[1]] = part
    return np.concatenate([np.full(2, np.nan, a.dtype), grid.ravel()]), 2, grid.shape[2], grid[0].size


def product(shape, beside, c, a, b, *, start_at=FROM_C, start=None, depth=None, gap=3, asking=0):
    """C as the tile leaves it, from matrices that lie somewhere inside larger arrays."""
    start = np.full(1, np.nan, c.dtype) if start is None else np.concatenate([np.full(start_at, np.nan, c.dtype), start])
    flat_c, c_row = inside(c, 5, gap)
    depth = depth or a.shape[1]
    flat_a, a_at, a_row, jump = placed(a, depth, gap, beside)
    flat_b, b_row = inside(b, 7, gap)
    before = [array.copy() for array in (flat_a, flat_b, start)]
    operands = Matrix(flat_c, 5, c_row), Matrix(flat_a, a_at, a_row), Matrix(flat_b, 7, b_row)
    compiled(*shape, beside, asking)(*operands, Depth(a.shape[1], depth, jump), Start(start, start_at))
    for array, unchanged in zip((flat_a, flat_b, start), before, strict=True):
        np.testing.assert_array_equal(array, unchanged)
    return taken_out(flat_c, 5, c_row, c.shape[1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [0, 1], ids=["apart", "beside"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_tile_is_one_chain_of_fused_multiply_adds_an_element(shape, beside, dtype):
    rows, vectors = shape
    for depth, total in ((1, 1), (7, 7), (64, 64), (5, 15), (1, 2), (48, 100), (4, 3)):
        c, a, b = random_matrices(rows, total, vectors * lanes(dtype), dtype)
        np.testing.assert_array_equal(product(shape, beside, c, a, b, depth=depth), chain(c, a, b))
        # Whatever C held before must not show.
        held = np.full_like(c, np.inf)
        np.testing.assert_array_equal(product(shape, beside, held, a, b, start_at=FROM_ZERO, depth=depth), chain(0, a, b))
        start = c[:, 0].copy()
        for start_at in (0, GIVEN):
            found = product(shape, beside, held, a, b, start_at=start_at, start=start, depth=depth)
            np.testing.assert_array_equal(found, chain(start[:, np.newaxis], a, b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [0, 1], ids=["apart", "beside"])
@settings(max_examples=40)
@given(depth=st.integers(1, 20), total=st.integers(0, 70), gap=st.integers(0, 20))
def test_any_depth_in_any_number_of_parts(beside, dtype, depth, total, gap):
    shape = SHAPES[-1]
    c, a, b = random_matrices(shape[0], total, shape[1] * lanes(dtype), dtype)
    if total == 0:
        empty = Matrix(np.zeros(64, dtype), 0, 1)
        flat, c_row = inside(c, 5, gap)
        compiled(*shape, beside)(Matrix(flat, 5, c_row), empty, empty, Depth(0, depth, 1), Start(np.zeros(1, dtype), FROM_C))
        np.testing.assert_array_equal(taken_out(flat, 5, c_row, c.shape[1]), c)
    else:
        np.testing.assert_array_equal(product(shape, beside, c, a, b, depth=depth, gap=gap), chain(c, a, b))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [0, 1], ids=["apart", "beside"])
def test_the_shape_of_the_tile_changes_no_bit(beside, dtype):
    rows, vectors = max(LARGEST), len(LARGEST)
    c, a, b = random_matrices(rows, 50, vectors * lanes(dtype), dtype)
    found = []
    for height, width in SHAPES:
        out = np.full_like(c, np.nan)
        # Shapes that do not divide the matrix leave a part of it out.
        for i in range(0, rows - height + 1, height):
            for j in range(0, (vectors - width + 1) * lanes(dtype), width * lanes(dtype)):
                part = slice(i, i + height), slice(j, j + width * lanes(dtype))
                out[part] = product((height, width), beside, c[part], a[part[0]], b[:, part[1]])
        found.append(out)
    whole = found[SHAPES.index((1, 1))]
    assert not np.isnan(whole).any()
    for out in found:
        np.testing.assert_array_equal(np.where(np.isnan(out), whole, out), whole)


@cache
def acting(rows, vectors):
    @scalar
    def note(noted, number):
        noted[number] = noted[number] + number + 1

    multiply_while = tile.multiply_while(note)

    @program
    def multiply(c, a, b, depth, start, noted, every, times):
        multiply_while(c, a, b, depth, start, rows, vectors, 0, 0, noted, every, times)

    return multiply


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [SHAPES[-1], (1, 1)], ids=str)
@settings(max_examples=20)
@given(part=st.integers(1, 9), total=st.integers(0, 30), every=st.integers(1, 5), times=st.integers(0, 40))
def test_what_is_done_meanwhile_is_done_as_often_as_asked_for(shape, dtype, part, total, every, times):
    c, a, b = random_matrices(shape[0], max(1, total), shape[1] * lanes(dtype), dtype)
    a, b = a[:, :total], b[:total]
    flat_c, c_row = inside(c, 5, 3)
    flat_a, a_at, a_row, jump = placed(a, part, 2, 0) if total else (np.zeros(1, dtype), 0, 1, 1)
    noted, right = np.zeros(40), Matrix(np.append(b.ravel(), dtype(0)), 0, b.shape[1])
    operands = Matrix(flat_c, 5, c_row), Matrix(flat_a, a_at, a_row), right
    acting(*shape)(*operands, Depth(total, part, jump), Start(np.zeros(1, dtype), FROM_C), noted, every, times)
    np.testing.assert_array_equal(taken_out(flat_c, 5, c_row, c.shape[1]), chain(c, a, b))
    np.testing.assert_array_equal(noted, np.where(np.arange(40) < times, np.arange(40) + 1, 0))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", [0, 1], ids=["apart", "beside"])
@pytest.mark.parametrize("shape", [SHAPES[-1], (LARGEST[0], 1)], ids=str)
@settings(max_examples=20)
@given(total=st.integers(1, 60))
def test_asking_for_what_comes_changes_no_bit(shape, beside, dtype, total):
    c, a, b = random_matrices(shape[0], total, shape[1] * lanes(dtype), dtype)
    np.testing.assert_array_equal(product(shape, beside, c, a, b, asking=1), chain(c, a, b))


@pytest.mark.skipif(DISABLED, reason="plain Python asks for nothing")
@pytest.mark.parametrize("beside", [0, 1], ids=["apart", "beside"])
def test_it_is_asked_for_where_it_is_read_in_place(beside):
    shape, c = SHAPES[-1], np.zeros((SHAPES[-1][0], SHAPES[-1][1] * lanes(np.float32)), np.float32)
    fetches = []
    for asking in (0, 1):
        product(shape, beside, c, c[:, :5], np.zeros((5, c.shape[1]), np.float32), asking=asking)
        fetches.append({"prefetch" in code for code in compiled(*shape, beside, asking).inspect_asm().values()})
    assert fetches == [{False}, {WIDTH >= 3 or not beside}]


@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities_and_nans_pass_through(dtype):
    c, a, b = random_matrices(1, 3, lanes(dtype), dtype)
    c[0, 0], b[0, 1], b[1, 2], b[2, 3] = np.nan, np.inf, -np.inf, np.nan
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(product((1, 1), 1, c, a, b), chain(c, a, b))
