"""Trained by both, an estimator of ours has the numbers of scikit-learn's: weights, curves, and when they stop."""

import os
import pickle
import signal
import threading
import warnings

import numpy as np
import pytest
import threadpoolctl
from scipy import sparse
from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning
from twins import LABELS, TARGETS, VALUES, WEIGHTS, X, assert_same, fitted, largest_difference, twins

import fastbp.sklearn

TASKS = list(TARGETS)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_weights_and_curves_are_scikit_learns(solver, task, activation):
    assert_same(*fitted(task, solver=solver, activation=activation))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_so_they_are_with_weights_of_rows(solver, task):
    assert_same(*fitted(task, sample_weight=WEIGHTS, solver=solver))


@pytest.mark.parametrize("task", ["value", "values"])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_so_they_are_for_counts(task, weights):
    assert_same(*fitted(task, loss="poisson", sample_weight=weights, activation="tanh"))


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize("task", ["classes", "values"])
def test_rates_and_stops_are_scikit_learns(task, schedule, early):
    settings = {"early_stopping": early, "tol": 1e-2, "n_iter_no_change": 3, "learning_rate_init": 0.01, "max_iter": 100}
    pair = fitted(task, solver="sgd", learning_rate=schedule, **settings)
    assert_same(*pair)
    assert pair[0].n_iter_ < 100


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": 0}, {"alpha": 1.0}, {"shuffle": False}, {"batch_size": "auto"}, {"batch_size": 1, "max_iter": 3}, {"batch_size": 1000},
        {"solver": "sgd", "momentum": 0}, {"solver": "sgd", "momentum": 1.0, "max_iter": 5}, {"solver": "sgd", "nesterovs_momentum": False},
        {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 1e-2}, {"hidden_layer_sizes": ()}, {"hidden_layer_sizes": 5}, {"threads": 2},
        {"early_stopping": True, "validation_fraction": 0.3}, {"n_iter_no_change": np.inf},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("task", ["binary", "value"])
def test_settings_mean_what_they_mean_there(task, settings):
    own = settings.pop("threads", None)
    pair = fitted(task, **settings) if own is None else twins(task)
    if own is not None:
        settings["threads"] = own
        pair[1].set_params(threads=own)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for each in pair:
                each.fit(X, TARGETS[task])
    assert_same(*pair)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_long_batches_too_and_no_number_of_threads_changes_a_bit(solver, dtype):
    rows, targets = np.tile(X, (5, 1)).astype(dtype), np.tile(VALUES, (5, 1))
    theirs, ours = twins("values", solver=solver, batch_size=800, max_iter=20, alpha=1.0)
    bits = set()
    for threads in (1, 2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            ours.set_params(threads=threads).fit(rows, targets)
            theirs.fit(rows, targets)
        bits.add((ours.model_.network.parameters.tobytes(), *ours.loss_curve_))
    assert len(bits) == 1 and largest_difference(theirs, ours) < (1e-4 if dtype == "float32" else 1e-10)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-4 if dtype == "float32" else 1e-8)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_goes_on_as_there_also_from_a_pickle(solver):
    theirs, ours = twins("classes", solver=solver)
    for call in range(6):
        for each in (theirs, ours):
            each.partial_fit(X, TARGETS["classes"], classes=["a", "b", "c"], sample_weight=WEIGHTS if call % 2 else None)
        if call == 2:
            ours = pickle.loads(pickle.dumps(ours))
    assert_same(theirs, ours)


@pytest.mark.parametrize("early", [False, True])
def test_a_warm_start_goes_on_as_there(early):
    theirs, ours = twins("classes", warm_start=True, early_stopping=early, max_iter=7)
    for _ in range(4):
        for each in (theirs, ours):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                each.fit(X, TARGETS["classes"])
        assert_same(theirs, ours)


def test_settings_and_weights_may_change_between_calls():
    theirs, ours = twins("value", solver="sgd")
    for change in ({}, {"alpha": 2.0}, {"activation": "tanh"}):
        for each in (theirs, ours):
            each.set_params(**change)
            each.partial_fit(X, TARGETS["value"])
            each.coefs_[0] *= 0.5
            each.intercepts_[1] = each.intercepts_[1] + 1.0
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
def test_sparse_rows_are_read_as_there(kind, monkeypatch):
    monkeypatch.setattr("fastbp.sklearn.network.DENSE", 1000)
    rows = kind(np.where(X > 1, X, 0))
    assert_same(*fitted("classes", rows=rows, sample_weight=WEIGHTS), rows=rows)
    assert_same(*fitted("value", rows=rows, early_stopping=True), rows=rows)


def test_float32_stays_float32():
    pair = fitted("classes", rows=X.astype(np.float32))
    assert pair[1].predict_proba(X.astype(np.float32)).dtype == np.float32
    assert pair[1].coefs_[0].dtype == np.float32 and largest_difference(*pair) < 1e-4


@pytest.mark.parametrize("name", ["iris", "digits", "wine", "breast_cancer", "diabetes"])
def test_whole_fits_with_default_settings_take_as_many_epochs(name):
    rows, targets = getattr(datasets, f"load_{name}")(return_X_y=True)
    pair = [
        getattr(module, "MLPRegressor" if name == "diabetes" else "MLPClassifier")(random_state=0)
        for module in (neural_network, fastbp.sklearn)
    ]
    # Threads of a BLAS wait long for each other where another process has a core.
    with warnings.catch_warnings(), threadpoolctl.threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        for each in pair:
            each.fit(rows, targets)
    assert_same(*pair, rows=rows)


def test_a_fit_that_diverges_is_refused_as_there():
    for each in twins("values", solver="sgd", activation="identity", learning_rate_init=100.0):
        with warnings.catch_warnings(), pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            warnings.simplefilter("ignore")
            each.fit(X, TARGETS["values"])


def test_weights_of_a_batch_that_sum_to_nothing_are_refused_as_there():
    for each in twins("binary", batch_size=10, shuffle=False):
        with pytest.raises(ZeroDivisionError, match="Weights sum to zero"):
            each.fit(X, TARGETS["binary"], sample_weight=np.r_[np.zeros(10), np.ones(len(X) - 10)])


def test_what_is_printed_is_what_scikit_learn_prints(capsys):
    printed = []
    for each in twins("classes", verbose=True, solver="sgd", learning_rate="adaptive", early_stopping=True, tol=0.5, n_iter_no_change=2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            each.fit(X, LABELS)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] and "Setting learning rate" in printed[0]


def test_ctrl_c_ends_a_fit_with_a_warning():
    _, ours = twins("classes", max_iter=1_000_000, n_iter_no_change=np.inf)
    ours.partial_fit(X, LABELS, classes=[0, 1, 2])
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.warns(UserWarning, match="interrupted by user"):
        ours.fit(X, LABELS)
    assert 0 < ours.n_iter_ < 1_000_000 and len(ours.loss_curve_) == ours.n_iter_ and ours.score(X, LABELS) > 0.3


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("task", TASKS)
def test_lbfgs_makes_the_same_iterates(task, weights):
    theirs, ours = fitted(task, solver="lbfgs", sample_weight=weights, max_iter=15, activation="tanh", alpha=0.1)
    assert largest_difference(theirs, ours) < 1e-10 and abs(theirs.loss_ - ours.loss_) < 1e-10 and theirs.n_iter_ == ours.n_iter_
    np.testing.assert_allclose(
        ours.predict_proba(X) if task == "classes" else 0, theirs.predict_proba(X) if task == "classes" else 0, rtol=1e-9
    )


def test_lbfgs_of_counts_and_of_sparse_rows():
    rows = sparse.csr_matrix(np.where(X > 1, X, 0))
    theirs, ours = fitted("values", rows=rows, loss="poisson", solver="lbfgs", sample_weight=WEIGHTS, max_iter=8, activation="logistic")
    assert largest_difference(theirs, ours) < 1e-10 and abs(theirs.loss_ - ours.loss_) < 1e-10


def test_weights_of_classes_are_weights_of_rows():
    (theirs, _), (_, ours) = twins("classes"), twins("classes", max_iter=20)
    theirs.set_params(max_iter=20)
    ours.set_params(class_weight={"a": 2.0, "b": 0.5})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(X, TARGETS["classes"], sample_weight=WEIGHTS * np.array([2.0, 0.5, 1.0])[LABELS])
        ours.fit(X, TARGETS["classes"], sample_weight=WEIGHTS)
    assert_same(theirs, ours)
    with pytest.raises(ValueError, match="class_weight='balanced' counts all rows"):
        ours.set_params(class_weight="balanced").partial_fit(X, TARGETS["classes"])


def test_rows_to_stop_by_may_be_given():
    (_, ours), kept = twins("classes", early_stopping=True, n_iter_no_change=2, tol=0.1), np.arange(len(X)) % 5 > 0
    ours.fit(X[kept], TARGETS["classes"][kept], X_val=X[~kept], y_val=TARGETS["classes"][~kept])
    assert ours.best_validation_score_ == ours.score(X[~kept], TARGETS["classes"][~kept]) and len(ours.validation_scores_) == ours.n_iter_
    with pytest.raises(ValueError, match="they need early_stopping=True"):
        ours.set_params(early_stopping=False).fit(X, LABELS, X_val=X, y_val=LABELS)
    with pytest.raises(ValueError, match="y_val is missing"):
        ours.fit(X, LABELS, X_val=X)
    with pytest.raises(ValueError, match="solver='lbfgs' goes with"):
        ours.set_params(solver="lbfgs").fit(X, LABELS, X_val=X, y_val=LABELS)


def test_time_is_limited_and_progress_is_shown(capsys):
    _, ours = twins("classes", max_iter=100000, tol=0, n_iter_no_change=np.inf)
    ours.set_params(time_limit=0.05, progress=True).fit(X, LABELS)
    assert 0 < ours.n_iter_ < 100000 and f"epoch {ours.n_iter_}" in capsys.readouterr().err
    with pytest.raises(ValueError, match="progress is 'always'"):
        ours.set_params(progress="always").fit(X, LABELS)
