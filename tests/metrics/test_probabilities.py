"""Metrics of probabilities and of order: scikit-learn's figures, and nan where there are none."""

import warnings

import numpy as np
import pytest
from answered import CLASSES, QUESTIONS, answers, numbers, sigmoid
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn import metrics as sk

import fastbp
from fastbp.metrics import METRICS

rows, seeds = st.integers(8, 40), st.integers(0, 999)
ORDERED = {"roc_auc": sk.roc_auc_score, "average_precision": sk.average_precision_score}


@given(rows, st.integers(2, 6), seeds, st.booleans())
def test_log_loss_of_several_classes(rows, columns, seed, weighted):
    targets, outputs, weights = numbers(CLASSES, rows, columns, seed, weighted)
    outputs[0] = np.eye(columns)[0]
    expected = sk.log_loss(targets[:, 0], outputs, labels=range(columns), sample_weight=weights)
    assert_allclose(METRICS["log_loss"]()(answers(CLASSES, targets, outputs, weights)), expected, rtol=1e-12)


@given(rows, st.integers(1, 4), seeds, st.booleans())
def test_log_loss_of_yes_and_no(rows, columns, seed, weighted):
    targets, outputs, weights = numbers(QUESTIONS, rows, columns, seed, weighted)
    outputs[0] = 0.0
    theirs = [sk.log_loss(targets[:, column], outputs[:, column], labels=[0, 1], sample_weight=weights) for column in range(columns)]
    assert_allclose(METRICS["log_loss"]()(answers(QUESTIONS, targets, outputs, weights)), np.mean(theirs), rtol=1e-12)


@pytest.mark.parametrize("name", ORDERED)
@given(rows, st.integers(2, 4), seeds, st.booleans())
def test_order_in_several_classes(name, rows, columns, seed, weighted):
    targets, outputs, weights = numbers(CLASSES, rows, columns, seed, weighted)
    targets[:columns, 0] = range(columns)
    multi = {"multi_class": "ovr"} if name == "roc_auc" else {}
    given = (targets[:, 0], outputs) if columns > 2 else (targets[:, 0], outputs[:, 1])
    expected = ORDERED[name](*given, sample_weight=weights, **(multi if columns > 2 else {}))
    assert_allclose(METRICS[name]()(answers(CLASSES, targets, outputs, weights)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ORDERED)
@given(rows, st.integers(1, 4), seeds, st.booleans())
def test_order_of_yes_and_no(name, rows, columns, seed, weighted):
    targets, outputs, weights = numbers(QUESTIONS, rows, columns, seed, weighted)
    targets[0], targets[1] = 0, 1
    expected = ORDERED[name](targets, outputs, sample_weight=weights)
    assert_allclose(METRICS[name]()(answers(QUESTIONS, targets, outputs, weights)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ORDERED)
def test_a_class_without_rows_has_no_order(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(METRICS[name]()(answers(CLASSES, [[0], [1]], np.eye(3)[[0, 1]])))
        assert np.isnan(METRICS[name]()(answers(QUESTIONS, [[0], [0]], [[0.2], [0.3]])))
    # A row that weighs nothing is as none.
    assert np.isnan(METRICS[name]()(answers(QUESTIONS, [[0], [1]], [[0.2], [0.3]], np.array([1.0, 0.0]))))


@pytest.mark.parametrize("name", [*ORDERED, "log_loss"])
def test_logits_have_the_figures_of_their_probabilities(name):
    random, metric = np.random.default_rng(0), METRICS[name]()
    z, labels, yes = random.normal(size=(50, 4)), random.integers(0, 4, (50, 1)), random.integers(0, 2, (50, 4))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert_allclose(metric(answers(CLASSES, labels, z, output=fastbp.Identity())), metric(answers(CLASSES, labels, p)), rtol=1e-12)
    assert_allclose(metric(answers(QUESTIONS, yes, z, output=fastbp.Identity())), metric(answers(QUESTIONS, yes, sigmoid(z))), rtol=1e-12)


def test_what_is_refused():
    hinge = fastbp.losses.LOSSES["hinge"]()
    with pytest.raises(ValueError, match="metric 'log_loss' is of probabilities; a model trained for loss='hinge' has none"):
        METRICS["log_loss"]().check(hinge, 1)
    METRICS["roc_auc"]().check(hinge, 1)
    with pytest.raises(
        ValueError, match="metric 'roc_auc' is of several classes or of yes and no; loss='squared_error' is of real targets"
    ):
        METRICS["roc_auc"]().check(fastbp.SquaredError(), 1)


def test_without_scikit_learn_it_is_told_what_to_install(run_python):
    code = (
        "import sys\n"
        "sys.modules['sklearn'] = None\n"
        "import fastbp\n"
        "for name, cls in fastbp.metrics.METRICS.items():\n"
        "    try: cls().check(fastbp.CrossEntropy(), 9)\n"
        "    except ImportError as error: print(error)\n"
        "    except ValueError: pass"
    )
    told = "metric '{}' is computed by scikit-learn: pip install 'fastbp[sklearn]'"
    lines = run_python(code).splitlines()
    assert len(lines) == 2 and all(line.startswith(told.format(name)) for line, name in zip(lines, ORDERED, strict=True))
