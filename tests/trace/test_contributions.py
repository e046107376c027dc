"""Small tables of contributions: order, shares, how they are shown."""

import numpy as np
import pandas
import pytest

from fastbp.trace.contributions import Whole, largest, ranked, selected

VALUES = np.array([0.5, -2.0, 0.0, 1.5])
COLUMNS = {"input": np.array([0, -1, 1, 2]), "unit": np.arange(4)}


def test_the_largest_come_first_with_their_share_of_all():
    found = ranked("weights", COLUMNS, VALUES, 2, rest=0.25)
    assert len(found) == 2 and found["unit"].tolist() == [1, 3] and found["contribution"].tolist() == [-2.0, 1.5]
    assert found["share"].tolist() == [0.5, 0.375] and (found.total, found.rest, found.count) == (0.25, 0.25, 4)
    assert ranked("weights", COLUMNS, VALUES, None)["share"].sum() == 1


@pytest.mark.parametrize("top", [1, 3, 50, 100, None])
def test_of_equal_sizes_the_first_comes_first(top):
    values = np.random.default_rng(0).integers(-3, 4, 50).astype(float)
    wanted = sorted(range(50), key=lambda i: (-abs(values[i]), i))
    assert largest(values, top).tolist() == wanted[:top]


def test_nothing_has_no_share():
    found = ranked("rows", {"row": np.arange(2)}, np.zeros(2), None)
    assert found["share"].tolist() == [0, 0] and "0 % of the whole" in str(found)
    assert len(selected("paths", {}, np.zeros(0), Whole(0.0, 0.0, 0))) == 0


def test_it_is_printed_as_a_table():
    found = ranked("weights", COLUMNS, VALUES, 3, rest=0.25)
    assert str(found) == (
        "weights: 3 of 4, 100 % of the whole; the sum of all is 0.25, 0.25 of it the rest\n"
        "input  unit  contribution  share\nbias   1     -2            50 %\n2      3     1.5           37.5 %\n"
        "0      0     0.5           12.5 %"
    )
    assert repr(found).startswith("Contributions(weights: 3 of 4") and "<td>bias</td>" in found._repr_html_()
    assert "-0 " not in str(ranked("rows", {"row": np.arange(1)}, np.array([-0.0]), None))


def test_it_is_a_frame():
    frame = ranked("weights", COLUMNS, VALUES, 2).to_frame()
    assert isinstance(frame, pandas.DataFrame) and list(frame) == ["input", "unit", "contribution", "share"] and len(frame) == 2
