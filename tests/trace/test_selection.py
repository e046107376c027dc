"""Which part of the error is meant, and what comes of it."""

import numpy as np
import pytest
from ledger import deep

import fastbp
from fastbp.trace.selection import index, part_of

TRAINER, X, Y = deep()
TRACE = TRAINER.trace(X, Y)


def test_all_of_the_error_is_what_the_trace_holds():
    part = part_of(TRACE)
    assert part.told == "the error of all rows" and all(one is other for one, other in zip(part.back.deltas, TRACE.deltas, strict=True))
    np.testing.assert_allclose(part.weight_gradients()[1], TRACE.weight_gradients[1], rtol=1e-15)


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_the_parts_sum_to_all(normalization):
    trace = deep(normalization=normalization)[0].trace(X, Y)
    for parts in ([{"row": row} for row in range(20)], [{"label": label} for label in range(3)], [{"output": k} for k in range(3)]):
        sums = [sum(each) for each in zip(*(part_of(trace, **part).weight_gradients() for part in parts), strict=True)]
        for found, wanted in zip(sums, trace.weight_gradients, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-16)


def test_the_error_of_a_row_goes_to_other_rows_under_batch_normalisation_alone():
    assert len(part_of(TRACE, row=3).done.outputs[0]) == 1
    part = part_of(deep(normalization="batch")[0].trace(X, Y), row=3)
    assert len(part.done.outputs[0]) == 20 and part.back.deltas[0][4].any() and not part.back.deltas[-1][4].any()
    assert part.told == "the error of row 3"


def test_a_row_of_the_batch_is_that_row_alone():
    alone = TRAINER.loss_and_gradients(X[[7]], Y[[7]])[1]
    np.testing.assert_allclose(part_of(TRACE, row=-13).weight_gradients()[0] * 20, alone[0], rtol=1e-12, atol=1e-16)


def test_labels_are_given_as_the_model_knows_them():
    model = fastbp.MLP([5, 3], classes=["a", "b", "c"], seed=0)
    trace = fastbp.Trainer(model, loss="cross_entropy").trace(X, np.array(["a", "b", "c"])[Y])
    assert len(part_of(trace, label="b").done.outputs[0]) == (Y == 1).sum()
    with pytest.raises(ValueError, match="label is 1; expected one of 'a', 'b', 'c'"):
        part_of(trace, label=1)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"row": 20}, ValueError, "row is 20; expected 0 to 19"),
        ({"row": 1.0}, TypeError, "row is 1.0 of type float; expected an integer"),
        ({"output": -4}, ValueError, "output is -4; expected 0 to 2"),
        ({"label": 3}, ValueError, "label is 3; expected one of 0, 1, 2"),
        ({"row": 0, "label": 0}, ValueError, "row and label are both given"),
    ],
)
def test_what_there_is_none_of_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        part_of(TRACE, **given)


def test_numbers_have_no_classes():
    trace = fastbp.Trainer(fastbp.MLP([5, 1], seed=0), loss="squared_error").trace(X, X[:, 0])
    with pytest.raises(ValueError, match="are no classes"):
        part_of(trace, label=0)


def test_places_are_counted_from_the_end_where_negative():
    assert index(-1, 4, "layer") == 3 and index(np.int64(2), 4, "layer") == 2
