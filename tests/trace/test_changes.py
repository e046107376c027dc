"""The law of a weight's change, by hand."""

import numpy as np
import pytest

from fastbp.trace.changes import Chain, Change


def momentum(before, after, memory):
    """SGD(0.1, momentum=0.5): p falls by 0.1 (g + 0.5 m), then m = 0.5 m + g."""
    return {"direct": 0.1, "carried": 0.05, "kept": 0.5, "taken": 1.0, "memory": memory, "scale": 1.0, "before": before, "after": after}


def chain(*steps):
    """Of steps with the gradients 2 and 4, each of two rows, and their numbers."""
    made = Chain()
    made.add(steps[0], np.array([0, 1]), np.array([1.5, 0.5]), momentum(1.0, 0.75, 1.0))
    made.add(steps[1], np.array([1, 2]), np.array([3.0, 1.0]), momentum(0.75, 0.225, 2.5))
    return made


def test_what_follows_carries_on():
    # The first gradient moves by 0.1 at once and by 0.05 at the next step; m = 1 before them by 0.05, and half of it by 0.05 again.
    made = chain(1, 2)
    assert made.factors() == pytest.approx([0.15, 0.1])
    change = made.change()
    assert change.total == pytest.approx(-0.775) and change.rows == pytest.approx(-0.7)
    assert change.remainders == {"memory": pytest.approx(-0.075)} and change.rounding == pytest.approx(0, abs=1e-15)


def test_after_a_gap_what_is_remembered_is_of_nobody():
    made = chain(1, 3)
    assert made.factors() == pytest.approx([0.1, 0.1])
    change = made.change()
    assert change.rows == pytest.approx(-0.6) and change.remainders == {"memory": pytest.approx(-0.05 - 0.125)}
    assert change.rounding == pytest.approx(0, abs=1e-15)


def test_sources_go_the_way_of_gradients_and_the_rest_beside_it():
    made = Chain()
    weight = {"direct": 0.5, "kept": 0.0, "scale": 0.5, "before": 1.0, "after": 0.0, "source.l1": 0.25, "beside.weight_decay": -0.375}
    made.add(1, np.array([0]), np.array([2.0]), weight)
    assert made.change() == Change(-1.0, -0.5, {"l1": -0.125, "weight_decay": -0.375})
