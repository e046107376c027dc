"""Data with the numbers of the last fit are taken without a look at each; whatever is other about them is looked at."""

import gc
import sys

import numpy as np
import pytest
from small_task import LABELS, TARGETS, X, bits, make

from fastbp.data.rows import Rows
from fastbp.training.checked_before import CheckedBefore

COLUMN = TARGETS.astype("f4")


def remembered(inputs, targets):
    known = CheckedBefore()
    known.remember(inputs, targets, Rows(inputs, targets if targets.ndim == 2 else targets[:, np.newaxis]))
    return known


@pytest.mark.parametrize("targets", [LABELS, COLUMN], ids=["labels", "values"])
def test_the_same_numbers_are_taken(targets):
    inputs = X.copy()
    known = remembered(inputs, targets)
    rows = known.take(inputs, targets)
    other = Rows(inputs, targets if targets.ndim == 2 else targets[:, np.newaxis])
    assert np.array_equal(rows.sources, other.sources) and rows.fingerprint() == other.fingerprint()


def test_nothing_is_taken_before_something_was_checked():
    assert CheckedBefore().take(X, LABELS) is None


@pytest.mark.parametrize("value", [np.nan, 1e30, 0.5])
def test_a_changed_number_is_looked_at(value):
    inputs, labels = X.copy(), LABELS.copy()
    known = remembered(inputs, labels)
    inputs[-1, -1] = value
    assert known.take(inputs, labels) is None
    inputs[-1, -1] = X[-1, -1]
    assert known.take(inputs, labels) is not None
    labels[3] += 1
    assert known.take(inputs, labels) is None


def test_other_arrays_types_and_shapes_are_looked_at():
    inputs, labels = X.copy(), LABELS.copy()
    known = remembered(inputs, labels)
    assert known.take(inputs.copy(), labels) is None
    assert known.take(inputs, labels[:, np.newaxis]) is None
    assert known.take(inputs.tolist(), labels) is None
    inputs.shape = inputs.shape[::-1]
    assert known.take(inputs, labels) is None


def test_what_the_checks_have_made_anew_is_not_remembered():
    flags = LABELS.astype(bool)
    assert remembered(X, flags).take(X, flags) is None
    turned = np.asfortranarray(X)
    known = CheckedBefore()
    known.remember(turned, LABELS, Rows(turned, LABELS[:, np.newaxis]))
    assert known.take(turned, LABELS) is None
    weighed = CheckedBefore()
    weighed.remember(X, LABELS, Rows(X, LABELS[:, np.newaxis], np.ones((len(X), 1), X.dtype)))
    assert weighed.take(X, LABELS) is None


def test_no_array_is_kept():
    inputs, labels = X.copy(), LABELS.copy()
    before = inputs.base, labels.base
    trainer = make(loss="cross_entropy")
    trainer.fit(inputs, labels, epochs=1)
    trainer.fit(inputs, labels, epochs=1)
    gc.collect()
    assert before == (None, None) and sys.getrefcount(inputs) == sys.getrefcount(labels) == 2


def test_a_fit_on_spoilt_data_is_refused_and_one_on_mended_data_goes_on():
    inputs, labels = X.copy(), LABELS.copy()
    trainer, other = make(loss="cross_entropy"), make(loss="cross_entropy")
    for _ in range(2):
        trainer.fit(inputs, labels, epochs=1)
    inputs[1, 0] = np.inf
    with pytest.raises(ValueError, match=r"X\[1, 0\] is inf"):
        trainer.fit(inputs, labels, epochs=1)
    inputs[1, 0] = X[1, 0]
    labels[0] = 99
    with pytest.raises(ValueError, match=r"y\[0\] is 99"):
        trainer.fit(inputs, labels, epochs=1)
    labels[0] = LABELS[0]
    trainer.fit(inputs, labels, epochs=2)
    # A list is looked at each time.
    other.fit(X.tolist(), LABELS, epochs=4)
    assert bits(trainer) == bits(other)


def test_fit_takes_them(monkeypatch):
    trainer = make(loss="cross_entropy")
    trainer.fit(X, LABELS, epochs=1)
    monkeypatch.setattr(trainer.run, "check", None)
    trainer.fit(X, LABELS, epochs=1)
    assert len(trainer.history) == 2


def test_weights_of_rows_are_looked_at_each_time():
    trainer = make(loss="cross_entropy")
    trainer.fit(X, LABELS, epochs=1)
    trainer.fit(X, LABELS, epochs=1)
    with pytest.raises(ValueError, match="sample_weight"):
        trainer.fit(X, LABELS, epochs=1, sample_weight=-np.ones(len(X)))


def test_mixed_rows_are_trained_on_as_before():
    runs = []
    for given in (LABELS, LABELS.tolist()):
        trainer = make(loss="cross_entropy", mixup=0.3)
        for _ in range(3):
            trainer.fit(X, given, epochs=1)
        runs.append(bits(trainer))
    assert runs[0] == runs[1]
