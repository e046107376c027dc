"""How many take part in each rung, and for how long."""

import pytest

from fastbp.together.rungs import ends_of_rungs, survivors


@pytest.mark.parametrize(
    ("settings", "epochs", "factor", "least", "wanted"),
    [
        (27, 27, 3, 1, [(27, 3), (9, 9), (3, 27)]),
        (6, 27, 3, 1, [(6, 9), (2, 27)]),
        (3, 27, 3, 1, [(3, 27)]),
        (1, 10, 3, 1, [(1, 10)]),
        (100, 9, 3, 1, [(100, 1), (34, 3), (12, 9)]),
        (100, 27, 3, 9, [(100, 9), (34, 27)]),
        (16, 16, 2, 1, [(16, 2), (8, 4), (4, 8), (2, 16)]),
        (10, 1, 3, 1, [(10, 1)]),
    ],
)
def test_rungs(settings, epochs, factor, least, wanted):
    ends = ends_of_rungs(settings, epochs, factor, least)
    found = [(survivors(settings, factor, i), end) for i, end in enumerate(ends)]
    assert found == wanted


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ((3, 9, 1, 1), ValueError, r"factor is 1\.0; expected a number in \(1, inf\)"),
        ((3, 9, "3", 1), TypeError, "factor is '3'"),
        ((3, 9, 3, 10), ValueError, "least_epochs is 10; epochs is 9"),
    ],
)
def test_what_makes_no_rungs(given, error, message):
    with pytest.raises(error, match=message):
        ends_of_rungs(*given)
