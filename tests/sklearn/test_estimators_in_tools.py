"""scikit-learn's searches, ensembles and inspections take the estimators, and come to what they come to with scikit-learn's own."""

import numpy as np
import pandas
import pytest
import skops.io
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, StackingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score, learning_curve, train_test_split
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from twins import LABELS, TARGETS, VALUES, WEIGHTS, X, assert_same, fitted, threads_of, twins

from fastbp.sklearn import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

GRID = {"alpha": [1e-4, 10.0]}
FRAME = pandas.DataFrame(X[:, :4], columns=list("abcd")).assign(kind=np.array(["x", "y", "z"])[LABELS])
MIXED = ColumnTransformer([("scaled", StandardScaler(), list("abcd")), ("flags", OneHotEncoder(sparse_output=False), ["kind"])])

# What each makes of a classifier, and of a regressor.
OF_CLASSES = {
    "halving": lambda net: HalvingGridSearchCV(net, GRID, cv=2, random_state=0).fit(X, LABELS).cv_results_["mean_test_score"],
    "scores": lambda net: cross_val_score(net, X, LABELS, cv=3),
    "columns": lambda net: make_pipeline(MIXED, net).fit(FRAME, LABELS).predict_proba(FRAME),
    "frames": lambda net: make_pipeline(clone(MIXED), net).set_output(transform="pandas").fit(FRAME, LABELS)[-1].predict_proba(named()),
    "bagging": lambda net: BaggingClassifier(net, 3, random_state=0).fit(X, LABELS).predict_proba(X),
    "calibrated": lambda net: CalibratedClassifierCV(net, cv=2).fit(X, LABELS).predict_proba(X),
    "importance": lambda net: permutation_importance(net.fit(X, LABELS), X, LABELS, n_repeats=2, random_state=0).importances,
    "dependence": lambda net: partial_dependence(net.fit(X, LABELS), X, [0], grid_resolution=5)["average"],
    "learning curve": lambda net: learning_curve(net, X, LABELS, train_sizes=[0.5, 1.0], cv=2, shuffle=True, random_state=0)[2],
}
OF_VALUES = {
    "stacking": lambda net: StackingRegressor([("net", net), ("ridge", Ridge())], cv=2).fit(X, VALUES[:, 0]).predict(X),
    "outputs": lambda net: MultiOutputRegressor(net).fit(X, VALUES).predict(X),
}


def named():
    return MIXED.set_output(transform="pandas").fit_transform(FRAME)


@pytest.mark.parametrize("tool", [*OF_CLASSES, *OF_VALUES])
def test_a_tool_comes_to_the_same(tool):
    task, use = ("classes", OF_CLASSES[tool]) if tool in OF_CLASSES else ("value", OF_VALUES[tool])
    theirs, ours = (use(each) for each in twins(task, max_iter=8, batch_size="auto"))
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


def test_names_of_columns_are_kept_and_others_refused():
    told = []
    for each in twins("classes", max_iter=3):
        net = make_pipeline(clone(MIXED), each).set_output(transform="pandas").fit(FRAME, LABELS)[-1]
        with pytest.raises(ValueError, match="feature names should match") as error:
            net.predict(named().rename(columns={"scaled__a": "other"}))
        told.append((str(error.value), list(net.feature_names_in_)))
    assert told[0] == told[1]


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_matrix, sparse.lil_array])
def test_every_method_takes_sparse_rows(kind):
    rows = kind(np.where(X > 1, X, 0))
    theirs, ours = twins("classes")
    for each in (theirs, ours):
        each.partial_fit(rows, TARGETS["classes"], classes=["a", "b", "c"])
    assert_same(theirs, ours, rows=rows)
    assert theirs.score(rows, TARGETS["classes"]) == ours.score(rows, TARGETS["classes"])
    early = MLPClassifier((5,), early_stopping=True, max_iter=3, dropout=0.1, random_state=0)
    early.fit(rows, LABELS, X_val=rows, y_val=LABELS)
    assert early.best_validation_score_ == early.score(rows, LABELS)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_words_as_labels_stop_early(weights):
    pair = fitted("classes", early_stopping=True, sample_weight=weights, n_iter_no_change=2, tol=0.05)
    assert_same(*pair)
    assert pair[1].n_iter_ < 50 and set(pair[1].predict(X)) <= {"a", "b", "c"}


def test_scores_in_float32_are_as_good():
    rows, found = X.astype(np.float32), [[], []]
    for seed in range(10):
        parts = train_test_split(rows, LABELS, random_state=seed)
        for values, each in zip(found, twins("classes", random_state=seed, max_iter=20, learning_rate_init=0.01), strict=True):
            values.append(each.fit(parts[0], parts[2]).score(parts[1], parts[3]))
    assert abs(np.mean(found[0]) - np.mean(found[1])) <= 0.005 and np.mean(found[1]) > 0.9


def test_a_search_of_two_jobs_takes_one_thread_each_and_comes_to_the_same():
    def search(jobs, scoring):
        return GridSearchCV(twins("classes", max_iter=5)[1], GRID, n_jobs=jobs, cv=2, scoring=scoring).fit(X, LABELS)

    assert search(2, threads_of).best_score_ == 1 and search(1, threads_of).best_score_ == 100
    two, one = search(2, None), search(1, None)
    assert (two.cv_results_["mean_test_score"] == one.cv_results_["mean_test_score"]).all()
    first, second = two.best_estimator_, one.best_estimator_
    assert all((a == b).all() for a, b in zip(first.coefs_, second.coefs_, strict=True)) and first.loss_curve_ == second.loss_curve_


@pytest.mark.parametrize("asked", [{}, {"solver": "lbfgs"}, {"dropout": 0.1}], ids=str)
def test_a_copy_by_skops_is_the_same_and_asks_for_no_trust_in_others(asked):
    ours = MLPClassifier((5,), max_iter=3, random_state=0, **asked).fit(X, LABELS)
    content = skops.io.dumps(ours)
    types = skops.io.get_untrusted_types(data=content)
    assert all(name.startswith(("fastbp.", "sklearn.neural_network.")) or name == "numpy.dtype" for name in types)
    copy = skops.io.loads(content, trusted=types)
    assert (copy.predict_proba(X) == ours.predict_proba(X)).all() and np.shares_memory(copy.coefs_[0], copy.model_.weights[0])
