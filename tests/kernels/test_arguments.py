"""What can be told of a network by its table."""

import pytest
from networks import network_of

from fastbp.kernels.arguments import widest


@pytest.mark.parametrize("sizes", [[4, 6, 2], [9, 3], [5, 2, 40, 7], [3, 1, 8]])
def test_the_widest_layer_is_one_with_units(sizes):
    assert widest(network_of(sizes, "f4")) == max(sizes[1:])
