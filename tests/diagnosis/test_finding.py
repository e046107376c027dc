"""A finding, printed."""

import pytest

from fastbp.diagnosis import Finding
from fastbp.diagnosis.finding import plural


def test_it_is_a_line_when_printed():
    finding = Finding("dead units", "3 of 4 units are dead.", "Begin again.", {"dead": 3}, 1)
    assert str(finding) == "dead units: 3 of 4 units are dead. Begin again."
    assert (finding.numbers, finding.layer) == ({"dead": 3}, 1)


@pytest.mark.parametrize(("count", "wanted"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (2000, "2,000 rows")])
def test_numbers_have_their_nouns(count, wanted):
    assert plural(count, "row") == wanted
