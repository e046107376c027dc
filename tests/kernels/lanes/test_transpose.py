import numpy as np
import pytest
from chains import lanes
from hypothesis import given, settings
from hypothesis import strategies as st

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import transpose
from fastbp.kernels.lanes.matrix import Matrix

pytestmark = pytest.mark.kernels

DTYPES = [np.float32, np.float64]
GAPS, PLACES = st.integers(0, 9), st.integers(0, 20)


@program
def transpose_block(out, source, count):
    transpose.transpose_block(out, source, count)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=60)
@given(count=st.integers(0, 18), out_at=PLACES, out_gap=GAPS, source_at=PLACES, source_gap=GAPS)
def test_columns_become_rows_and_nothing_else_is_written(dtype, count, out_at, out_gap, source_at, source_gap):
    side = lanes(dtype)
    count = min(count, side)
    out_row, source_row = side + out_gap, side + source_gap
    # The source ends with the block, so that nothing may be read beyond it.
    source = np.arange(source_at + source_row * (side - 1) + side).astype(dtype)
    out = np.full(out_at + out_row * side + 5, -1, dtype)
    expected = out.copy()
    block = source[source_at:][np.add.outer(np.arange(side) * source_row, np.arange(side))]
    for r in range(count):
        expected[out_at + r * out_row :][:side] = block[:, r]
    transpose_block(Matrix(out, out_at, out_row), Matrix(source, source_at, source_row), count)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_are_moved_as_they_are(dtype):
    side = lanes(dtype)
    source = np.random.default_rng(0).normal(size=side * side).astype(dtype)
    source[:6] = np.nan, -0.0, np.inf, -np.inf, np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max
    out = np.empty_like(source)
    transpose_block(Matrix(out, 0, side), Matrix(source, 0, side), side)
    assert out.tobytes() == np.ascontiguousarray(source.reshape(side, side).T).tobytes()
