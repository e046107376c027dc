"""scikit-learn's estimator and ours, trained alike."""

import warnings

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_wine

import fastbp.sklearn
from fastbp.sklearn.held import threads_here

X, LABELS = load_wine(return_X_y=True)
VALUES = np.round(X[:, :3] / X[:, :3].std(axis=0) / 3, 1)
X = (X - X.mean(axis=0)) / X.std(axis=0)
RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.uniform(0.1, 2.0, len(X))
# Targets by what is learnt.
TARGETS = {
    "binary": LABELS > 0,
    "classes": np.array(["a", "b", "c"])[LABELS],
    "many labels": np.c_[LABELS > 0, LABELS > 1, X[:, 0] > X[:, 0].mean()] * 1,
    "value": VALUES[:, 0],
    "values": VALUES,
}


def twins(task, **settings):
    """Both, not fitted."""
    name = "MLPRegressor" if task in ("value", "values") else "MLPClassifier"
    settings = {"hidden_layer_sizes": (20, 7), "random_state": 3, "max_iter": 50, "batch_size": 60} | settings
    return getattr(neural_network, name)(**settings), getattr(fastbp.sklearn, name)(**settings)


def fitted(task, rows=X, sample_weight=None, **settings):
    """Both, fitted; they warn alike."""
    pair, told = twins(task, **settings), []
    for each in pair:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            each.fit(rows, TARGETS[task], **({} if sample_weight is None else {"sample_weight": sample_weight}))
        told.append([(warning.category, str(warning.message)) for warning in caught])
    assert told[0] == told[1]
    return pair


def largest_difference(theirs, ours):
    """Between the weights and biases of two estimators."""
    arrays = zip(theirs.coefs_ + theirs.intercepts_, ours.coefs_ + ours.intercepts_, strict=True)
    return max(np.abs(a - b).max() for a, b in arrays)


def threads_of(net, X, y):
    """In place of a score: what a large fit would take, here and now.

    Not in a module of tests: a worker of joblib's imports what it is in, and joblib ends one that has grown by 300 MB, with a warning
    that as an error ends the thread which others wait for.
    """
    return threads_here(None, 10**9) or 100


def assert_same(theirs, ours, rows=X, tolerance=1e-10):
    """Weights, curves and what else they tell, and predictions."""
    assert largest_difference(theirs, ours) < tolerance
    assert [a.dtype for a in theirs.coefs_] == [a.dtype for a in ours.coefs_]
    assert theirs.n_iter_ == ours.n_iter_ and theirs.t_ == ours.t_
    assert (theirs.n_layers_, theirs.n_outputs_, theirs.out_activation_) == (ours.n_layers_, ours.n_outputs_, ours.out_activation_)
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_", "loss_"):
        known, found = getattr(theirs, name, None), getattr(ours, name, None)
        assert (known is None) == (found is None), name
        if known is not None:
            np.testing.assert_allclose(found, known, rtol=1e-8, atol=1e-12, err_msg=name)
    for name in ("predict_proba", "predict_log_proba", "predict"):
        if hasattr(theirs, name):
            known, found = getattr(theirs, name)(rows), getattr(ours, name)(rows)
            assert known.dtype == found.dtype and known.shape == found.shape
            if known.dtype.kind == "f":
                np.testing.assert_allclose(found, known, rtol=1e-7, atol=max(1e-9, tolerance))
            else:
                assert (found == known).all()
