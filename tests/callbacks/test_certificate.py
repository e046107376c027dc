"""The second-order estimate, on costs whose curvature is known."""

import numpy as np
import pytest

import fastbp
from fastbp.callbacks.certificate import Certificate, Estimate, Rise, trained


def estimate(sizes, step, slope, curvature):
    """Of a quadratic cost with so much curvature in each direction, along a step from where the gradient is `slope`; one number a layer."""
    network = fastbp.MLP(sizes, dtype="float64", seed=0).network
    flat = [np.zeros(network.size) for _ in range(3)]
    for layer in range(network.layers):
        for array, value in zip(flat, (step[layer], slope[layer], slope[layer] + curvature[layer] * step[layer]), strict=True):
            trained(array, network.table)[layer][0][0, 0] = value
    return Estimate(network.table, *flat)


def test_of_a_parabola_it_is_exact():
    # The cost is 3/2 x**2 - 6 x with its lowest point at 2, and 0 again at 4; the step goes to 1.
    found = estimate([1, 1], [1.0], [-6.0], [3.0])
    assert found.share(0) == pytest.approx(2.0, rel=1e-12) and found.bound == pytest.approx(4.0, rel=1e-12) and found.curvature == 3.0


def test_the_layer_that_adds_most_is_told():
    # -1 + 4 / 2 of the first, -1 + 0.2 / 2 of the second.
    found = estimate([1, 1, 1], [1.0, 1.0], [-1.0, -1.0], [4.0, 0.2])
    assert found.layer == 0 and found.share(0) == 0.25 and found.share(1) == pytest.approx(5)
    assert found.bound == pytest.approx(4 / 4.2) and found.curvature == pytest.approx(2.1)
    assert estimate([1, 1, 1], [1.0, 1.0], [-1.0, -1.0], [0.2, 4.0]).layer == 1


def test_uphill_and_nowhere():
    uphill = estimate([1, 1], [1.0], [2.0], [1.0])
    assert uphill.bound == 0 and uphill.share(0) == 0
    nowhere = estimate([1, 1], [0.0], [2.0], [1.0])
    assert nowhere.bound == np.inf and nowhere.curvature == 0


def test_it_is_a_line_to_read():
    rise = Rise(7, 1.0, 1.5, 2, 0.25, 0)
    assert rise.rise == 0.5
    assert str(rise) == "step 7: the cost rose from 1 to 1.5; layer 2 went too far: 0.25 of its step would have been best"
    assert str(Rise(7, 1.0, 1.5, 2, 0.25, 3)).endswith("; halved 3 times")
    assert "beyond where an estimate holds" in str(Rise(7, 1.0, 1.5, 2, 2.0, 0))
    assert str(Certificate(10, 2, 0.5, 0.8)).startswith("10 steps compared: the cost rose after 2, by 0.5 at most; by")
