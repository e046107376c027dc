"""Metrics of decisions: scikit-learn's figures, whatever classes come up."""

import warnings

import numpy as np
import pytest
from answered import CLASSES, QUESTIONS, answers, numbers
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn import metrics as sk

import fastbp
from fastbp.metrics import F1, METRICS, Accuracy, TopK

CONFUSED = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
rows, seeds = st.integers(1, 40), st.integers(0, 999)


def theirs(function, *arguments, **settings):
    # Of classes without rows it warns.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **settings)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", *CONFUSED])
@given(rows, st.integers(2, 6), seeds, st.booleans())
def test_figures_of_several_classes(name, rows, columns, seed, weighted):
    targets, outputs, weights = numbers(CLASSES, rows, columns, seed, weighted)
    truth, found = targets[:, 0], outputs.argmax(axis=1)
    if name in CONFUSED:
        average = {"average": "binary" if columns == 2 else "macro", "zero_division": 0.0}
        expected = theirs(CONFUSED[name], truth, found, sample_weight=weights, **average)
    else:
        expected = theirs(getattr(sk, f"{name}_score"), truth, found, sample_weight=weights)
    assert_allclose(METRICS[name]()(answers(CLASSES, targets, outputs, weights)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", *CONFUSED])
@given(rows, st.integers(1, 4), seeds, st.booleans())
def test_figures_of_yes_and_no(name, rows, columns, seed, weighted):
    targets, outputs, weights = numbers(QUESTIONS, rows, columns, seed, weighted)
    function = CONFUSED.get(name) or getattr(sk, f"{name}_score")
    settings = {"zero_division": 0.0} if name in CONFUSED else {}
    expected = np.mean([
        theirs(function, targets[:, column], outputs[:, column] > 0.5, sample_weight=weights, **settings) for column in range(columns)
    ])  # fmt: skip
    assert_allclose(METRICS[name]()(answers(QUESTIONS, targets, outputs, weights)), expected, rtol=1e-12)


@given(rows, st.integers(3, 6), st.integers(1, 5), seeds, st.booleans())
def test_the_largest_outputs(rows, columns, k, seed, weighted):
    targets, outputs, weights = numbers(CLASSES, rows, columns, seed, weighted)
    # Many are equal.
    outputs = np.round(outputs, 1)
    expected = theirs(sk.top_k_accuracy_score, targets[:, 0], outputs, k=k, labels=range(columns), sample_weight=weights)
    assert_allclose(TopK(k)(answers(CLASSES, targets, outputs, weights)), expected, rtol=1e-12)


def test_probabilities_as_targets_stand_for_the_likeliest_class():
    labels, outputs, weights = numbers(CLASSES, 30, 4, 1, True)
    soft = np.eye(4)[labels[:, 0]] * 0.6 + 0.1
    for name in ("accuracy", "f1", "top_3"):
        metric = TopK(3) if name == "top_3" else METRICS[name]()
        assert metric(answers(CLASSES, soft, outputs, weights)) == metric(answers(CLASSES, labels, outputs, weights))


@pytest.mark.parametrize("targets", [[[-1], [1], [1]], [[0], [1], [1]], [[0.2], [0.6], [0.8]]])
def test_targets_of_yes_and_no_of_any_kind(targets):
    # Found: no, no, yes.
    logits = answers(QUESTIONS, targets, [[-2.0], [-0.1], [0.3]], loss=fastbp.losses.LOSSES["hinge"](), output=fastbp.Identity())
    assert Accuracy()(logits) == pytest.approx(2 / 3) and F1()(logits) == pytest.approx(2 / 3)


def test_missing_answers_are_left_out():
    targets = np.array([[0, np.nan], [1, np.nan], [1, 1.0], [np.nan, 0.0]])
    found = answers(QUESTIONS, targets, [[0.1, 0.9], [0.2, 0.9], [0.9, 0.9], [0.9, 0.9]])
    assert Accuracy()(found) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert F1()(found) == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_what_is_refused():
    with pytest.raises(ValueError, match="metric 'f1' is of several classes or of yes and no; loss='huber' is of real targets"):
        F1().check(fastbp.Huber(), 1)
    with pytest.raises(ValueError, match="metric 'top_5' is of several classes; loss='focal' is of yes and no"):
        TopK().check(fastbp.Focal(), 7)
    with pytest.raises(ValueError, match="metric 'top_3' is always 1 for 3 classes"):
        TopK(3).check(fastbp.CrossEntropy(), 3)
    with pytest.raises(ValueError, match="k is 0; expected an integer of at least 1"):
        TopK(0)
    TopK(2).check(fastbp.CrossEntropy(), 3)
