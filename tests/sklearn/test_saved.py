"""Fits that are kept in a folder: killed and begun again they end at the same bits, alone and in a search."""

import os
import signal
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from twins import LABELS, TARGETS, WEIGHTS, X, twins

from fastbp.sklearn import MLPClassifier
from fastbp.sklearn.network import Network
from fastbp.sklearn.own import Own

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SETTINGS = [
    {}, {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 2}, {"solver": "sgd", "learning_rate": "invscaling"},
    {"early_stopping": True, "n_iter_no_change": 5, "tol": 0.0}, {"shuffle": False, "alpha": 0.0},
]  # fmt: skip


def state(net):
    counted = net.n_iter_, net.t_, net.loss_curve_, net.loss_, net.validation_scores_, net.best_loss_, net.best_validation_score_
    return counted, [array.tobytes() for array in (*net.coefs_, *net.intercepts_)]


@pytest.fixture
def epochs(monkeypatch):
    """The epochs that are trained; an error in place of the one that `stop` says."""
    seen, train = {"count": 0, "stop": None}, Network.epoch

    def epoch(self, *data):
        seen["count"] += 1
        if seen["count"] == seen["stop"]:
            raise OSError("the power is out")
        return train(self, *data)

    monkeypatch.setattr(Network, "epoch", epoch)
    monkeypatch.setattr("fastbp.sklearn.saved._EVERY", 0.0)
    return seen


@pytest.mark.parametrize("task", ["classes", "values"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_fit_goes_on_where_it_stood_to_the_same_bits(task, settings, tmp_path, epochs):
    whole = twins(task, max_iter=12, **settings)[1].fit(X, TARGETS[task], sample_weight=WEIGHTS)
    epochs |= {"count": 0, "stop": 6}
    with pytest.raises(OSError, match="the power is out"):
        clone(whole).set_params(checkpoint=tmp_path).fit(X, TARGETS[task], sample_weight=WEIGHTS)
    epochs |= {"count": 0, "stop": None}
    again = clone(whole).set_params(checkpoint=str(tmp_path), threads=1, verbose=False).fit(X, TARGETS[task], sample_weight=WEIGHTS)
    assert state(again) == state(whole) and epochs["count"] == whole.n_iter_ - 5
    taken = clone(again).fit(X, TARGETS[task], sample_weight=WEIGHTS)
    assert state(taken) == state(whole) and epochs["count"] == whole.n_iter_ - 5
    if not whole.early_stopping:
        for each in (whole, again, taken):
            each.partial_fit(X, TARGETS[task])
        assert state(again) == state(taken) and state(whole)[1] == state(taken)[1]


@pytest.mark.parametrize("asked", [{"solver": "lbfgs"}, {"dropout": 0.1}, {"normalization": "batch", "early_stopping": True}], ids=str)
def test_other_fits_are_taken_when_they_have_ended(asked, tmp_path, monkeypatch):
    net = MLPClassifier((5,), max_iter=4, random_state=0, checkpoint=tmp_path, **asked).fit(X, LABELS)
    monkeypatch.setattr(Own, "fit", None)
    monkeypatch.setattr(Network, "loss_and_gradients", None)
    with pytest.warns(ConvergenceWarning) if "dropout" in asked else warnings.catch_warnings():
        taken = clone(net).fit(X, LABELS)
    assert (taken.predict_proba(X) == net.predict_proba(X)).all() and taken.n_iter_ == net.n_iter_ and taken.loss_ == net.loss_


def test_each_fit_has_a_file_of_its_own(tmp_path):
    net = MLPClassifier((5,), max_iter=2, random_state=0, checkpoint=tmp_path / "fits")
    others = [{}, {"threads": 1}, {"progress": True, "time_limit": 1e6}, {"alpha": 1.0}, {"random_state": 1}, {"class_weight": "balanced"}]
    counts = []
    for other in others:
        clone(net).set_params(**other).fit(X, LABELS)
        counts.append(len(list((tmp_path / "fits").iterdir())))
    net.fit(X[1:], LABELS[1:])
    net.fit(X, LABELS, sample_weight=WEIGHTS)
    assert counts == [1, 1, 1, 2, 3, 4] and len(list((tmp_path / "fits").iterdir())) == 6


def test_what_would_not_be_the_same_again_is_refused(tmp_path):
    net = MLPClassifier((5,), max_iter=2, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="random_state is None; a fit that is begun again with checkpoint needs an integer"):
        net.fit(X, LABELS)
    with pytest.raises(ValueError, match="warm_start is True"):
        net.set_params(random_state=0, warm_start=True).fit(X, LABELS)
    net.set_params(warm_start=False).fit(X, LABELS)
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged"):
        net.fit(X, LABELS)


def killing(net, X, y):
    """A score; the third one is the last thing that the process does."""
    killing.scores += 1
    if killing.scores == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return net.score(X, y)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked to be killed")
def test_a_search_that_was_killed_comes_to_the_same(tmp_path, epochs):
    def search(scoring=None, **settings):
        net = twins("classes", max_iter=6)[1].set_params(**settings)
        return GridSearchCV(net, {"alpha": [1e-4, 1.0, 10.0]}, cv=2, scoring=scoring).fit(X, LABELS)

    killing.scores = 0
    child = os.fork()
    if child == 0:
        try:
            search(killing, checkpoint=tmp_path)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert len(list(tmp_path.glob("*.safetensors"))) == 3
    whole = search()
    epochs["count"] = 0
    again = search(checkpoint=tmp_path)
    # Six fits of six epochs and one of the best, less the three that had ended.
    assert epochs["count"] == 4 * 6
    for name in ("mean_test_score", "split0_test_score", "split1_test_score", "rank_test_score"):
        assert (again.cv_results_[name] == whole.cv_results_[name]).all()
    assert state(again.best_estimator_) == state(whole.best_estimator_)
    assert np.array_equal(again.predict_proba(X), whole.predict_proba(X))
