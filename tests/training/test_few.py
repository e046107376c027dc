"""A few rows of the network's own type take a short way, with the bits, the errors and the checks of the long one."""

import numpy as np
import pytest
from small_task import LABELS, TARGETS, X, bits, make

from fastbp.training.few import FewRows

KINDS = {
    "labels": ("cross_entropy", LABELS),
    "probabilities": ("cross_entropy", np.stack([TARGETS[:, 0] > 0, TARGETS[:, 0] <= 0], axis=1).astype("f4")),
    "values": ("squared_error", TARGETS.astype("f4")),
    "values of another type": ("squared_error", TARGETS.astype("f8")),
    "yes or no": ("binary_cross_entropy", (TARGETS > 0).astype("f4")),
}


@pytest.mark.parametrize("rows", [1, 3, 8, 9])
@pytest.mark.parametrize("kind", KINDS)
def test_the_bits_are_those_of_the_long_way(kind, rows):
    loss, y = KINDS[kind]
    short, long = make(loss=loss), make(loss=loss)
    for begin in range(0, 40, rows):
        part = slice(begin, begin + rows)
        # A list goes the long way.
        assert short.step(X[part], y[part]) == long.step(X[part].tolist(), y[part].tolist())
    assert bits(short) == bits(long)


def test_rows_go_the_short_way():
    few = FewRows(make().run)
    rows = few.take(X[:3], LABELS[:3])
    assert rows.n_rows == 3 and few.take(X[:1], LABELS[:1]) is rows
    assert np.array_equal(rows.inputs(np.arange(1)), X[:1])


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [
        (X[:9], LABELS[:9]), (X[:0], LABELS[:0]), (X[:2].astype("f8"), LABELS[:2]), (X[:2, :2], LABELS[:2]), (X[:2], LABELS[:3]),
        (X[0], LABELS[:1]), (X[:2].tolist(), LABELS[:2]), (X[:2], LABELS[:2].astype("i4")), (X[:2], LABELS[:2] + 2),
        (X[:2], -1 - LABELS[:2]), (np.where(X[:2] > 0, np.nan, X[:2]), LABELS[:2]), (X[:2], np.array(1)),
    ],
)  # fmt: skip
def test_what_asks_for_more_does_not(inputs, labels):
    assert FewRows(make().run).take(inputs, labels) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_targets_too_large_for_the_model_are_refused(value):
    trainer, y = make(loss="squared_error"), TARGETS[:2].astype("f8")
    before, y[1, 1] = bits(trainer), value
    with pytest.raises(ValueError, match=r"y\[1, 1\] is"):
        trainer.step(X[:2], y)
    assert bits(trainer) == before


def test_an_array_in_another_order_is_taken_too():
    short, long = make(), make()
    assert short.step(np.asfortranarray(X[:4]), LABELS[:8:2]) == long.step(X[:4].tolist(), LABELS[:8:2].tolist())
