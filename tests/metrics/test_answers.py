"""What metrics see of a data set, and what functions of users are given."""

import numpy as np
import pytest
from answered import CLASSES, LEVELS, NUMBERS, QUANTILES, QUESTIONS, answers
from numpy.testing import assert_allclose, assert_array_equal

import fastbp
from fastbp.metrics.answers import kind_of

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])


def test_each_loss_has_a_kind():
    kinds = {name: kind_of(cls()) for name, cls in fastbp.losses.LOSSES.items()}
    assert kinds.pop("cross_entropy") == kinds.pop("categorical_focal") == CLASSES and kinds.pop("quantile") == QUANTILES
    assert {kinds.pop(name) for name in ("binary_cross_entropy", "hinge", "squared_hinge", "focal")} == {QUESTIONS}
    assert {*kinds.values()} == {NUMBERS} and len(kinds) == 6
    assert kind_of(fastbp.CustomLoss(lambda p, t: (p - t) ** 2, lambda p, t: 2 * (p - t))) == NUMBERS


def test_classes_are_given_as_labels_or_probabilities():
    given = answers(CLASSES, [[2], [1]], P, labels=("a", "b", "c"))
    truth, found = given.for_users(outputs=False)
    assert truth.tolist() == ["c", "b"] and found.tolist() == ["a", "c"]
    truth, found = given.for_users(outputs=True)
    assert truth.tolist() == ["c", "b"]
    assert_allclose(found, P)
    numbered = answers(CLASSES, np.eye(3)[[2, 1]], np.log(P) + 1, output=fastbp.Identity())
    assert [each.tolist() for each in numbered.for_users(outputs=False)] == [[2, 1], [0, 2]]
    assert_allclose(numbered.for_users(outputs=True)[1], P)


@pytest.mark.parametrize(
    ("targets", "wanted"),
    [
        (np.array([[1], [0], [0]], np.uint8), ([1, 0, 0], [0, 1, 0])),
        (np.array([[1.0], [-1.0], [-1.0]]), ([1, -1, -1], [-1, 1, -1])),
        (np.array([[1, 0], [0, 0], [1, 1]]), ([[1, 0], [0, 0], [1, 1]], [[0, 1], [1, 1], [0, 0]])),
    ],
)
def test_yes_and_no_are_given_as_they_came(targets, wanted):
    outputs = np.array([[0.2, 0.6], [0.9, 0.7], [0.5, 0.1]])[:, : targets.shape[1]]
    truth, found = answers(QUESTIONS, targets, outputs).for_users(outputs=False)
    assert (truth.tolist(), found.tolist()) == wanted and truth.dtype == found.dtype == targets.dtype
    assert_array_equal(answers(QUESTIONS, targets, outputs).for_users(outputs=True)[1], np.squeeze(outputs))


def test_yes_and_no_have_labels():
    truth, found = answers(QUESTIONS, [[1], [0]], [[0.2], [0.6]], labels=("no", "yes")).for_users(outputs=False)
    assert truth.tolist() == ["yes", "no"] and found.tolist() == ["no", "yes"]


@pytest.mark.parametrize("columns", [1, 2])
def test_numbers_are_given_as_they_are(columns):
    targets, outputs = np.arange(6.0).reshape(-1, columns), np.ones((6 // columns, columns))
    truth, found = answers(NUMBERS, targets, outputs).for_users(outputs=False)
    assert truth.shape == found.shape == ((6,) if columns == 1 else (3, 2))
    truth[:] = 7  # no matter to anybody
    assert_array_equal(targets.ravel(), np.arange(6))


def test_quantiles_are_given_as_they_are():
    truth, found = answers(QUANTILES, [[1.0], [2.0]], [[0, 1, 2], [3, 4, 5]]).for_users(outputs=False)
    assert truth.shape == (2,) and found.shape == (2, len(LEVELS))


def test_rows_that_weigh_nothing_are_left_out():
    given = answers(CLASSES, [[2], [1]], P, np.array([0.0, 2.0], np.float32))
    assert_array_equal(given.for_users(outputs=False)[0], [1])
    assert given.weights.tolist() == [2.0]
