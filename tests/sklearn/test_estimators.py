"""The estimators are scikit-learn's in every other respect: its own checks, searches, pipelines, copies, what they print."""

import inspect
import pickle
import warnings

import joblib
import numpy as np
import pandas
import polars
import pytest
import sklearn
from sklearn import neural_network
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from twins import LABELS, TARGETS, VALUES, WEIGHTS, X, assert_same, largest_difference, twins

from fastbp.sklearn import MLPClassifier, MLPRegressor

NAMES = ["MLPClassifier", "MLPRegressor"]


# scikit-learn's checks shorten the fits of its own estimators alike.
@parametrize_with_checks([MLPClassifier(max_iter=100), MLPRegressor(max_iter=100)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_checks_hold(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_scikit_learn_come_first_with_their_defaults(name):
    theirs, ours = (
        inspect.signature(getattr(module, name)).parameters for module in (neural_network, __import__("fastbp.sklearn").sklearn)
    )
    assert [str(ours[each]).split(":")[0] for each in theirs] == list(theirs) == list(ours)[: len(theirs)]
    assert all(ours[each].default == theirs[each].default and ours[each].kind == theirs[each].kind for each in theirs)


@pytest.mark.parametrize("task", ["classes", "value"])
def test_what_is_wrong_is_told_as_there(task):
    wrong = [
        {"solver": "newton"}, {"alpha": -1}, {"max_iter": 0}, {"hidden_layer_sizes": (3, 0)}, {"momentum": 2},
        {"early_stopping": True, "validation_fraction": 0.005}, {"tol": "x"},
    ]  # fmt: skip
    for settings in wrong:
        told = []
        for each in twins(task, **settings):
            with pytest.raises(ValueError) as error:
                each.fit(X, TARGETS[task])
            told.append(str(error.value))
        assert told[0] == told[1]
    for each in twins(task):
        with pytest.raises(NotFittedError):
            each.predict(X)
    theirs, ours = twins(task, solver="lbfgs")
    assert hasattr(theirs, "partial_fit") == hasattr(ours, "partial_fit")
    with pytest.raises(ValueError, match="threads"):
        MLPClassifier(threads=0).fit(X, LABELS)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_searches_and_pipelines_choose_the_same():
    found = []
    for each in twins("classes", max_iter=20):
        search = GridSearchCV(
            make_pipeline(StandardScaler(), each), {f"{type(each).__name__.lower()}__alpha": [1e-4, 10.0]}, n_jobs=2, cv=3
        )
        search.fit(X, LABELS)
        found.append((search.best_params_, search.cv_results_["mean_test_score"]))
    assert found[0][0] == found[1][0] and (found[0][1] == found[1][1]).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_copies_predict_the_same(tmp_path):
    ours = twins("classes")[1].fit(X, LABELS)
    joblib.dump(ours, tmp_path / "net")
    for copy in (pickle.loads(pickle.dumps(ours)), joblib.load(tmp_path / "net"), joblib.load(tmp_path / "net", mmap_mode="r")):
        assert (copy.predict_proba(X) == ours.predict_proba(X)).all() and largest_difference(copy, ours) == 0
    assert not hasattr(clone(ours), "coefs_") and clone(ours).get_params() == ours.get_params()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("frame", [pandas.DataFrame, polars.DataFrame])
def test_frames_have_names(frame):
    rows = frame({f"c{i}": X[:, i] for i in range(X.shape[1])})
    theirs, ours = (each.fit(rows, TARGETS["classes"]) for each in twins("classes", max_iter=5))
    assert_same(theirs, ours, rows=rows)
    assert list(ours.feature_names_in_) == list(theirs.feature_names_in_) and ours.n_features_in_ == 13
    told = []
    for each in (theirs, ours):
        with pytest.warns(UserWarning, match="valid feature names") as caught:
            each.predict(X)
        told.append(str(caught[0].message))
    assert told[0].replace(type(theirs).__name__, "") == told[1].replace(type(ours).__name__, "")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_weights_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        scores = [
            cross_val_score(
                each.set_fit_request(sample_weight=True).set_score_request(sample_weight=True), X, VALUES, params={"sample_weight": WEIGHTS}
            )
            for each in twins("values", max_iter=10)
        ]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-9)


def test_they_show_as_scikit_learns():
    theirs, ours = twins("classes", alpha=0.5)
    assert repr(theirs) == repr(ours) and "MLPClassifier" in ours._repr_html_()
    assert sklearn.utils.get_tags(theirs) == sklearn.utils.get_tags(ours)
    assert isinstance(ours, neural_network.MLPClassifier)


def test_a_fit_that_has_not_converged_warns():
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\) reached"):
        twins("classes", max_iter=2)[1].fit(X, LABELS)
    with warnings.catch_warnings(), pytest.raises(ValueError, match="warm_start can only be used where"):
        warnings.simplefilter("ignore")
        twins("classes", max_iter=2, warm_start=True)[1].fit(X, LABELS).fit(X, LABELS > 0)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_pickle_holds_no_data():
    ours = twins("classes", max_iter=2)[1].fit(X, LABELS)
    large = twins("classes", max_iter=2)[1].fit(np.tile(X, (100, 1)), np.tile(LABELS, 100))
    size = [len(pickle.dumps(each, protocol=5)) for each in (ours, large)]
    assert abs(size[1] - size[0]) < 500


OTHER_LIBRARIES = [("sys.modules['sklearn'] = None", "import of sklearn halted"), ("sklearn.__version__ = '1.8.2'", "found 1.8.2")]


@pytest.mark.parametrize(("settings", "reason"), OTHER_LIBRARIES)
def test_without_a_scikit_learn_that_is_new_enough_it_says_what_to_install(run_python, settings, reason):
    code = f"import sys, sklearn\n{settings}\ntry:\n    import fastbp.sklearn\nexcept ImportError as error:\n    print(error)\n"
    told = run_python(code)
    assert told.startswith("fastbp.sklearn needs scikit-learn 1.9 or later: pip install 'fastbp[sklearn]'") and reason in told
