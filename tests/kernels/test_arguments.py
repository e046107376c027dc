"""What can be told of a network by its table."""

import pytest
from networks import network_of

from fastbp.kernels.arguments import units_of, widest


@pytest.mark.parametrize("sizes", [[4, 6, 2], [9, 3], [5, 2, 40, 7], [3, 1, 8]])
def test_the_widest_layer_is_one_with_units(sizes):
    network = network_of(sizes, "f4")
    assert widest(network) == max(sizes[1:])
    assert units_of(network) == sum(sizes)
