"""What the processor is asked for is a constant of the kernels, the same in plain Python."""

import numpy as np
import pytest

from fastbp.compiling.jit import program
from fastbp.kernels.lanes import host, isa

pytestmark = pytest.mark.kernels


@program
def answers(array):
    return host.waits_for_divider(array), host.reads_in_place(array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kernels_get_the_answers_of_isa(dtype):
    assert answers(np.zeros(1, dtype)) == (isa.waits_for_divider(), isa.reads_in_place())
