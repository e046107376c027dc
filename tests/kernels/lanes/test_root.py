"""Roots that are computed by multiply-adds have the bits of those that the processor computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import memory
from fastbp.kernels.lanes.panels import lanes_of
from fastbp.kernels.lanes.root import sqrt_in_turns

pytestmark = pytest.mark.kernels


@program
def roots(values, turn, out):
    for i in range(0, out.size, lanes_of(out)):
        memory.store(out, i, sqrt_in_turns(memory.load(values, i), turn))


def check(values):
    out = np.empty_like(values)
    with np.errstate(invalid="ignore"):
        for turn in (False, True):
            roots(values, turn, out)
            np.testing.assert_array_equal(out.view(f"u{out.itemsize}"), np.sqrt(values).view(f"u{out.itemsize}"))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_all_magnitudes(dtype):
    info, random = np.finfo(dtype), np.random.default_rng(0)
    powers = np.ldexp(dtype(1), np.arange(info.minexp, info.maxexp))[:, np.newaxis]
    near = powers * np.array([1, 1 + info.eps, 2 - info.eps, 1.5, *random.uniform(1, 2, 60)], dtype)
    check(near.ravel())
    # All lanes of a vector in the range of the multiply-adds, and one of them beyond.
    check(np.where(np.arange(near.size) % 48 == 7, near.ravel(), random.uniform(1e-9, 1, near.size).astype(dtype)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("special", [0.0, -0.0, -1.0, 1e-40, np.inf, np.nan, 1e-30, 1e-31, 1e30, 1e31])
def test_beside_what_the_multiply_adds_cannot_take(dtype, special):
    values = np.linspace(0.5, 2, 64, dtype=dtype)
    values[[3, 21, 40]] = special
    check(values)


def test_of_all_mantissas():
    """The exponent, even or odd, changes no digit."""
    mantissas = np.arange(2**23, dtype=np.uint32)
    for exponent in (127, 128):
        check((mantissas + np.uint32(exponent << 23)).view(np.float32))


@given(st.lists(st.floats(0, width=32), min_size=16, max_size=16))
def test_of_anything_that_is_not_negative(values):
    check(np.array(values, np.float32))
