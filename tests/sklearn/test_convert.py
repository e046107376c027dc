"""Estimators go from scikit-learn to fastbp and back: they predict the same, and go on training where the other stands."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from twins import LABELS, TARGETS, X, assert_same, fitted, twins

import fastbp
from fastbp.sklearn import MLPClassifier, MLPRegressor, from_sklearn

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("task", list(TARGETS))
def test_both_predict_the_same_and_go_on_from_there(task, solver):
    theirs, ours = fitted(task, solver=solver, max_iter=5, learning_rate="invscaling")
    made, back = from_sklearn(theirs), ours.to_sklearn()
    assert type(made) is type(ours) and type(back) is type(theirs) and made.get_params() == ours.get_params()
    assert_same(theirs, made)
    assert_same(back, ours)
    if solver != "lbfgs":
        for _ in range(3):
            for each in (theirs, ours, made, back):
                each.partial_fit(X, TARGETS[task])
        assert_same(theirs, made)
        assert_same(back, ours)


def test_a_copy_shares_nothing():
    theirs, ours = fitted("classes", max_iter=3)
    made, back = from_sklearn(theirs), ours.to_sklearn()
    for a, b in ((theirs, made), (ours, back)):
        before = a.predict_proba(X)
        b.partial_fit(X, TARGETS["classes"])
        assert (a.predict_proba(X) == before).all() and (b.predict_proba(X) != before).any()


def test_the_model_and_the_trainer_open_the_rest():
    ours = from_sklearn(fitted("classes", max_iter=50)[0])
    np.testing.assert_array_equal(ours.model_.predict(X), ours.predict_proba(X))
    before = ours.trainer_.evaluate(X, LABELS)
    ours.trainer_.fit(X, LABELS, epochs=30)
    assert ours.trainer_.evaluate(X, LABELS)["loss"] < before["loss"]
    np.testing.assert_array_equal(ours.model_.predict(X), ours.predict_proba(X))


def test_other_estimators_are_refused():
    theirs, ours = fitted("classes", max_iter=2)
    with pytest.raises(TypeError, match="fitted is of type LogisticRegression"):
        from_sklearn(LogisticRegression().fit(X, LABELS))
    with pytest.raises(TypeError, match="fitted is of type MLPClassifier; expected MLPRegressor"):
        MLPRegressor.from_sklearn(theirs)
    for call in (lambda: from_sklearn(twins("classes")[0]), lambda: twins("value")[1].to_sklearn(), lambda: twins("value")[1].model_):
        with pytest.raises((NotFittedError, AttributeError)):
            call()
    assert ours.to_sklearn().n_iter_ == 2


@pytest.mark.parametrize(
    "asked", [{"activation": "gelu"}, {"activation": ["relu", "relu"]}, {"normalization": "batch"}, {"loss": fastbp.CrossEntropy(0.1)}]
)
def test_what_scikit_learn_cannot_compute_is_refused(asked):
    ours = MLPClassifier((5, 4), max_iter=2, **asked).fit(X, LABELS)
    with pytest.raises(ValueError, match=f"{next(iter(asked))} is .*; scikit-learn has"):
        ours.to_sklearn()


def test_dropout_is_of_training_alone():
    ours = MLPClassifier((20, 7), dropout=0.1, max_iter=20).fit(X, LABELS)
    theirs = ours.to_sklearn()
    np.testing.assert_allclose(theirs.predict_proba(X), ours.predict_proba(X), rtol=1e-10)
    theirs.partial_fit(X, LABELS)
