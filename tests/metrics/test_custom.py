"""Metrics of users: what they are called, given and allowed to give."""

import numpy as np
import pytest
from answered import CLASSES, QUESTIONS, answers
from sklearn.metrics import cohen_kappa_score

import fastbp

TWO = ([[0], [1], [1]], [[0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])


def share(y_true, y_pred):
    return (y_true == y_pred).mean()


def weighted(y_true, y_pred, *, sample_weight=None):
    return np.average(y_true == y_pred, weights=sample_weight)


class Callable:
    def __call__(self, y_true, y_pred):
        return np.float32(0.25)


def test_it_is_called_with_labels_and_named_for_its_function():
    metric = fastbp.CustomMetric(share)
    assert metric.label == "share" and metric(answers(CLASSES, *TWO)) == pytest.approx(2 / 3)
    assert fastbp.CustomMetric(lambda t, p: 1, name="one").label == "one"
    assert fastbp.CustomMetric(Callable()).label == "Callable" and fastbp.CustomMetric(Callable())(answers(CLASSES, *TWO)) == 0.25


def test_functions_of_scikit_learn():
    metric = fastbp.CustomMetric(cohen_kappa_score)
    labelled = answers(CLASSES, *TWO, np.array([1.0, 2.0, 3.0]), labels=("a", "b"))
    expected = cohen_kappa_score(["a", "b", "b"], ["a", "a", "b"], sample_weight=[1, 2, 3])
    assert metric.label == "cohen_kappa_score" and metric(labelled) == pytest.approx(expected)


def test_weights_are_given_to_who_takes_them():
    weights = np.array([1.0, 2.0, 3.0])
    assert fastbp.CustomMetric(weighted)(answers(CLASSES, *TWO, weights)) == pytest.approx(4 / 6)
    assert fastbp.CustomMetric(weighted)(answers(CLASSES, *TWO)) == pytest.approx(2 / 3)
    assert fastbp.CustomMetric(share)(answers(CLASSES, *TWO, weights)) == pytest.approx(2 / 3)


def test_outputs_in_place_of_labels():
    brier = fastbp.CustomMetric(lambda t, p: ((t - p) ** 2).mean(), name="brier", outputs=True)
    assert brier(answers(QUESTIONS, [[0], [1]], [[0.2], [0.6]])) == pytest.approx((0.04 + 0.16) / 2)


@pytest.mark.parametrize("value", [None, "a", np.zeros(2), [1, 2]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=r"metric 'bad' gave .*; expected a number"):
        fastbp.CustomMetric(lambda t, p: value, name="bad")(answers(CLASSES, *TWO))


def test_its_own_errors_say_where_they_come_from():
    def fails(y_true, y_pred):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as raised:
        fastbp.CustomMetric(fails)(answers(CLASSES, *TWO))
    assert raised.value.__notes__ == ["in the metric 'fails'"]


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((3,), TypeError, "function is 3 of type int; expected a function of y_true and y_pred"),
        ((lambda t, p: 1,), ValueError, "a metric cannot be called '<lambda>'; give it a name"),
        ((share, "a b"), ValueError, "a metric cannot be called 'a b'"),
        ((share, 7), ValueError, "a metric cannot be called 7"),
        ((lambda t: 1, "one"), TypeError, r"metric 'one' takes \(t\); expected \(y_true, y_pred\)"),
        ((share, "one", 1), TypeError, "outputs is 1 of type int; expected True or False"),
    ],
)  # fmt: skip
def test_what_is_refused(arguments, error, said):
    with pytest.raises(error, match=said):
        fastbp.CustomMetric(*arguments)


def test_equal_ones():
    assert fastbp.CustomMetric(share) == fastbp.CustomMetric(share) != fastbp.CustomMetric(weighted)
    assert hash(fastbp.CustomMetric(share)) == hash(fastbp.CustomMetric(share))
