"""Columns that tell the target."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import fastbp
from fastbp.diagnosis.of_columns import column_findings, told_by_columns
from fastbp.diagnosis.trial import Trial

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(400, 3))
LABELS, NOISE = RANDOM.integers(0, 3, 400), RANDOM.normal(size=400)


def told(column, targets, is_class):
    return told_by_columns(np.asarray(column)[:, np.newaxis], np.asarray(targets), is_class)[0]


def test_by_hand():
    """Sorted, the targets have ranks 1, 3, 2: half the squares of 2 and -1 are 2.5, and the squares around the mean 2."""
    assert_allclose(told([30, 10, 20], [2.0, 1.0, 4.0], False), 1 - 2.5 / 2)
    # Of two equal ones the ranks are 1.5: the squares of 1.5 and 0 are 2.25, those around the mean 1.5.
    assert_allclose(told([1, 2, 3], [9.0, 7.0, 7.0], False), 1 - 1.125 / 1.5)
    # Sorted, the classes are 0, 1, 0, 1: of 3 changes 1 must be, and 4 * 1/2 come by chance.
    assert_allclose(told([1, 2, 3, 4], [0, 1, 0, 1], True), 1 - 2 / 2)
    assert told([1, 2, 3, 4], [0, 0, 1, 1], True) == 1.0 == told([1, 2, 3, 4], [2, 2, 0, 0], True)


@pytest.mark.parametrize("scale", [1.0, -1e-9, 1e12])
def test_what_follows_from_a_column_is_told_whatever_the_scale(scale):
    assert told(scale * X[:, 0], X[:, 0] ** 3, False) > 0.99 and told(scale * LABELS, LABELS, True) == 1.0
    assert told(scale * X[:, 0], np.sin(3 * X[:, 0]), False) > 0.99


def test_what_does_not_follow_is_not():
    for column in (X[:, 0], np.ones(400), RANDOM.integers(0, 2, 400)):
        assert abs(told(column, LABELS, True)) < 0.15 > abs(told(column, NOISE, False))
    assert told(X[:, 0], np.ones(400), False) == told(X[:, 0], np.zeros(400, int), True) == 0.0


def test_columns_are_taken_some_at_a_time():
    many = np.tile(X, (1, 200))
    assert_allclose(told_by_columns(many, NOISE, False), np.tile(told_by_columns(X, NOISE, False), 200))


def found(X, y, loss="cross_entropy", outputs=3, **settings):
    model = fastbp.MLP([X.shape[1], 4, outputs], seed=0)
    trainer = fastbp.Trainer(model, loss=loss, seed=0, **settings)
    if hasattr(X, "columns"):
        trainer.fit(X, y, epochs=1)
    return [(finding.numbers["column"], finding.numbers["others"]) for finding in column_findings(Trial(trainer.run, X, y, None))]


def test_where_a_label_is_a_column():
    assert found(X, LABELS) == []
    leak = X.copy()
    leak[:, 1] = np.cos(LABELS) + 0.01 * NOISE
    assert found(leak, LABELS) == [(1, 0)]
    leak[:, 2] = LABELS
    assert found(leak, LABELS)[0][1] == 1
    # A label wrong here and there does not hide it, one in ten does.
    for every, wanted in ((200, 1), (10, 0)):
        wrong = LABELS.copy()
        wrong[::every] = (wrong[::every] + 1) % 3
        leak = np.column_stack([X[:, :2], LABELS])
        assert len(found(leak, wrong)) == wanted


def test_rows_in_the_order_of_their_labels_are_no_leak():
    order = np.argsort(LABELS, kind="stable")
    assert found(np.column_stack([X, np.ones(400)])[order], LABELS[order]) == []


def test_where_a_real_target_is_a_column():
    assert found(X, X[:, 2] + 0.01 * NOISE, "huber", 1) == [(2, 0)] and found(X, X[:, 2] + NOISE, "huber", 1) == []
    missing = np.where(NOISE > 0, X[:, 2], np.nan)
    assert found(X, missing, "huber", 1, missing_targets="ignore") == [(2, 0)]
    assert found(X, (X[:, 0] > 0).astype(int), "binary_cross_entropy", 1) == [(0, 0)]


def test_where_nothing_can_be_said():
    assert found(X[:99], X[:99, 2], "huber", 1) == [], "few rows"
    assert found(X[:, :1], X[:, 0], "huber", 1) == [], "one input"
    assert found(X, X, "huber", 3) == [], "an autoencoder"
    assert found(X, RANDOM.dirichlet(np.ones(3), 400)) == [], "probabilities"
    assert found(X, X[:, 2] / (1 + np.abs(X).max()) / 2 + 0.5, "binary_cross_entropy", 1) == [], "probabilities"


def test_columns_of_frames_are_named():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.column_stack([X, LABELS]), columns=["a", "b", "c", "answer"])
    model = fastbp.MLP([4, 4, 3], seed=0)
    trainer = fastbp.Trainer(model, loss="cross_entropy", seed=0)
    trainer.fit(frame, LABELS, epochs=1)
    (finding,) = column_findings(Trial(trainer.run, frame, LABELS, None))
    assert "column 3 (answer) of X alone tells 100.0% of" in finding.what
