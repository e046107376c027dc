"""What the processor is asked for is a constant of the kernels, the same in plain Python."""

import numpy as np
import pytest

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import host, isa

pytestmark = pytest.mark.kernels


@program
def answer(array):
    return host.pages_collide(array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kernels_get_the_answer_of_isa(dtype):
    assert answer(np.zeros(1, dtype)) == isa.pages_collide()
