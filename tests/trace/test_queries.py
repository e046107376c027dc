"""What may be asked, and what is refused."""

import pytest
from ledger import deep

TRAINER, X, Y = deep()
TRACE = TRAINER.trace(X, Y)


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda: TRACE.rows_of(4, 0, 0), ValueError, "layer is 4; expected 0 to 3"),
        (lambda: TRACE.rows_of(0, 5, 0), ValueError, "i is 5; expected 0 to 4"),
        (lambda: TRACE.classes_of(0, 0, 6), ValueError, "j is 6; expected 0 to 5"),
        (lambda: TRACE.paths(0, 0, 0, row=99), ValueError, "row is 99; expected 0 to 19"),
        (lambda: TRACE.paths(0, 0, 0, row=0, top=None), TypeError, "top is None"),
        (lambda: TRACE.weights_of(top=0), ValueError, "top is 0; expected an integer of at least 1"),
        (lambda: TRACE.weights_of(layer="0"), TypeError, "layer is '0' of type str"),
        (
            lambda: TRACE.through(2, 0, 0, 1),
            ValueError,
            r"hidden is 1; .* weights\[2\]\[0, 0\] leads to: 2 or more",
        ),
        (lambda: TRACE.through(0, 0, 0, 3), ValueError, "hidden is 3; expected 0 to 2"),
    ],
)
def test_what_there_is_none_of_is_refused(ask, error, words):
    with pytest.raises(error, match=words):
        ask()


def test_places_are_counted_from_the_end_where_negative():
    assert TRACE.rows_of(-1, -1, -1).title == "rows that move weights[3][3, 2]"
    assert TRACE.rows_of(0, None, 1).title == "rows that move biases[0][1]"
    assert len(TRACE.units()) == 18 and len(TRACE.weights_of(row=0, output=1)) == 20 and len(TRACE.rows_of(0, 0, 0, top=3)) == 3
